//! Sealing and opening stored values: at a sign-in, a refresh and the first call of a session.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use foundation::random::Random;
use sealing::{KeyRing, Place};
use secrecy::SecretString;

const PLACE: Place<'_> = Place {
    table: "grants",
    column: "backlog_access_token",
    row: "019a9d0c-0000-7000-8000-000000000000",
    bound_to: "https://example.backlog.com",
};

fn sealing(c: &mut Criterion) {
    let random = Random::system();
    let keys = KeyRing::parse(&KeyRing::generate("bench", &random), random)
        .unwrap_or_else(|error| panic!("a generated ring is one: {error}"));
    let mut group = c.benchmark_group("sealing");
    for bytes in [64, 1024] {
        let text = SecretString::from("t".repeat(bytes));
        let sealed = keys.seal(PLACE, &text);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(format!("seal {bytes} bytes"), |b| {
            b.iter(|| keys.seal(black_box(PLACE), black_box(&text)));
        });
        group.bench_function(format!("open {bytes} bytes"), |b| {
            b.iter(|| keys.open(black_box(PLACE), black_box(&sealed)));
        });
    }
    group.finish();
}

criterion_group!(benches, sealing);
criterion_main!(benches);
