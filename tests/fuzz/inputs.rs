//! Inputs that are nearly right: what is wrong from its first byte on meets little code.

use std::{
    collections::BTreeSet,
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use foundation::random::Random;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Longer inputs find nothing that shorter ones do not, and take longer.
const MAX_LENGTH: usize = 64 * 1024;
const MAX_EDITS: usize = 6;
const USUAL_TIME: Duration = Duration::from_secs(1);
/// What parsers of text and numbers stumble over.
const AWKWARD: [&str; 40] = [
    "",
    "\0",
    "\r\n",
    "\"",
    "\\",
    "%",
    "%00",
    "%zz",
    "+",
    "-0",
    "1e999",
    "00",
    "2147483648",
    "-9223372036854775808",
    "18446744073709551616",
    "0.1",
    "null",
    "true",
    "{}",
    "[]",
    "[[[[[[[[",
    "{\"a\":",
    "\\ud800",
    "\\u0000",
    "\u{feff}",
    "\u{202e}",
    "\u{200d}",
    "\u{e0041}",
    "\u{fffd}",
    "日本語",
    "が",
    "か\u{3099}",
    "İ",
    "ß",
    "２０２６",
    "=?UTF-8?B?",
    "UTF-8''",
    "://",
    "@",
    "#",
];

/// The inputs of one target.
pub(crate) struct Inputs {
    directory: PathBuf,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Inputs {
    /// The corpus in `corpus/<target>/`, in the order of its file names.
    pub(crate) fn of(target: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fuzz/corpus")
            .join(target);
        let entries = fs::read_dir(&directory);
        let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("a readable corpus").path())
            .collect();
        files.sort();
        let seeds = files
            .iter()
            .map(|file| fs::read(file).expect("a readable corpus"))
            .collect();
        Self::new(directory, seeds)
    }

    /// The same, and one that cannot be a file, such as what is signed.
    pub(crate) fn and(mut self, seed: impl Into<Vec<u8>>) -> Self {
        self.seeds.push(seed.into());
        Self::new(self.directory, self.seeds)
    }

    fn new(directory: PathBuf, seeds: Vec<Vec<u8>>) -> Self {
        assert!(!seeds.is_empty(), "no corpus in {}", directory.display());
        let of_seeds = seeds.iter().flat_map(|seed| {
            seed.split(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80)
                .filter(|word| word.len() < 40)
        });
        let words: BTreeSet<_> = of_seeds.chain(AWKWARD.map(str::as_bytes)).collect();
        let words = words.into_iter().map(<[u8]>::to_vec).collect();
        Self {
            directory,
            seeds,
            words,
        }
    }

    pub(crate) fn seeds(&self) -> &[Vec<u8>] {
        &self.seeds
    }

    /// Tries every seed, and then what edits make of them until the time is over.
    pub(crate) fn try_all(&self, check: impl Fn(&[u8])) {
        for seed in &self.seeds {
            self.attempt(seed, &check);
        }
        let number = number("FUZZ_SEED");
        let number = number.unwrap_or_else(|| u64::from_be_bytes(Random::system().bytes()));
        let mut random = StdRng::seed_from_u64(number);
        let time = self::number("FUZZ_MILLISECONDS").map(Duration::from_millis);
        let until = Instant::now() + time.unwrap_or(USUAL_TIME);
        let mut tried = self.seeds.len();
        while Instant::now() < until {
            let input = self.made(&mut random);
            self.attempt(&input, &check);
            tried += 1;
        }
        println!("{tried} inputs, FUZZ_SEED={number}");
    }

    /// Keeps an input that fails, and fails with it.
    fn attempt(&self, input: &[u8], check: &impl Fn(&[u8])) {
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) else {
            return;
        };
        if !self.seeds.iter().any(|seed| seed == input) {
            let mut hasher = DefaultHasher::new();
            input.hash(&mut hasher);
            let file = self
                .directory
                .join(format!("failed_{:016x}", hasher.finish()));
            let kept = fs::write(&file, input);
            eprintln!("kept as {}: {kept:?}", file.display());
        }
        eprintln!("failed with \"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }

    fn made(&self, random: &mut StdRng) -> Vec<u8> {
        let mut input = one_of(&self.seeds, random).clone();
        for _ in 0..random.random_range(1..=MAX_EDITS) {
            self.edit(random, &mut input);
            input.truncate(MAX_LENGTH);
        }
        input
    }

    fn edit(&self, random: &mut StdRng, input: &mut Vec<u8>) {
        let at = random.random_range(0..=input.len());
        let end = random.random_range(at..=input.len().min(at + 64));
        match random.random_range(0..7) {
            // A word, between or instead.
            0 => drop(input.splice(at..at, self.word(random))),
            1 => drop(input.splice(at..end, self.word(random))),
            // A part gone, or there several times.
            2 => drop(input.drain(at..end)),
            3 => {
                let part = input[at..end].repeat(random.random_range(1..40));
                drop(input.splice(at..at, part));
            }
            // One bit.
            4 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.random_range(0..8);
                }
            }
            // Any byte.
            5 => input.insert(at, random.random()),
            // The end of another seed.
            _ => {
                let other = one_of(&self.seeds, random);
                let from = random.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }

    fn word(&self, random: &mut StdRng) -> Vec<u8> {
        one_of(&self.words, random).clone()
    }
}

fn one_of<'a>(list: &'a [Vec<u8>], random: &mut StdRng) -> &'a Vec<u8> {
    &list[random.random_range(0..list.len())]
}

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is not a number: {value}")),
    )
}
