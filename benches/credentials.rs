//! The hub's own tokens: issued at each sign-in and refresh, checked at each call.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use foundation::random::Random;
use oauth_values::{CheckKey, token::AccessToken};

fn tokens(c: &mut Criterion) {
    let random = Random::system();
    let key = CheckKey::parse(&CheckKey::generate(&random)).expect("a key");
    let token = AccessToken::issue(&random, &key);
    let made_up = AccessToken::generate(&random);
    let text = token.reveal().to_owned();
    let mistyped = text.replace(|c: char| c.is_ascii_digit(), "x");

    c.bench_function("token/issue", |b| {
        b.iter(|| AccessToken::issue(black_box(&random), &key));
    });
    c.bench_function("token/check", |b| {
        b.iter(|| black_box(&token).is_issued_with(&key));
    });
    c.bench_function("token/check a made up one", |b| {
        b.iter(|| black_box(&made_up).is_issued_with(&key));
    });
    c.bench_function("token/parse", |b| {
        b.iter(|| AccessToken::parse(black_box(&text)));
    });
    c.bench_function("token/parse a mistyped one", |b| {
        b.iter(|| AccessToken::parse(black_box(&mistyped)));
    });
    c.bench_function("token/hash", |b| b.iter(|| black_box(&token).hash()));
}

criterion_group!(benches, tokens);
criterion_main!(benches);
