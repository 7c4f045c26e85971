//! Plausible texts for the busy space, the same at each start.

const SUBJECTS: [&str; 16] = [
    "Booking form",
    "Berth calendar",
    "Payment page",
    "Receipt mail",
    "Harbour map",
    "Price table",
    "Crew list",
    "Tide chart",
    "Login page",
    "Search box",
    "Admin report",
    "Push message",
    "CSV export",
    "入荷検品画面",
    "出荷カレンダー",
    "在庫一覧",
];

const TROUBLES: [&str; 16] = [
    "is slow on Mondays",
    "shows the wrong currency",
    "loses the filter after a reload",
    "needs a keyboard shortcut",
    "should remember the last choice",
    "breaks with long names",
    "does not fit on a phone",
    "ignores the time zone",
    "needs a confirmation",
    "has no empty state",
    "fails for guests",
    "sends two mails",
    "の表示が崩れる",
    "の並び順がおかしい",
    "を一括で変更したい",
    "の文言を見直す",
];

const SENTENCES: [&str; 12] = [
    "It was reported by a harbour in the west and seen again on the test system.",
    "The log has nothing around that time, so the request never reached the service.",
    "With an empty cache it works, and with the second visit it does not.",
    "We agreed in the meeting to solve this before the winter storage season starts.",
    "The customer sent a screenshot, which shows the old layout of the page.",
    "A test that opens two sessions at once would have found it.",
    "The numbers in the weekly report do not agree with those of the accounting.",
    "Please keep the wording of the mail, because the translators have approved it.",
    "検証環境では再現しませんでした。本番のデータで確認が必要です。",
    "担当の方と相談して、来月の対応とすることになりました。",
    "Nobody should have to enter the length of the boat a second time.",
    "The query reads the whole table; an index on harbour and day would be enough.",
];

/// A sequence of numbers that looks random.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`, by Knuth's linear congruential generator (MMIX).
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides
    }

    pub(super) fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.roll(things.len())]
    }
}

pub(super) fn summary(dice: &mut Dice) -> String {
    format!("{} {}", dice.one_of(&SUBJECTS), dice.one_of(&TROUBLES))
}

/// Some sentences, in paragraphs.
pub(super) fn paragraphs(dice: &mut Dice, sentences: usize) -> String {
    let mut text = String::new();
    for place in 0..sentences {
        let separator = match place {
            0 => "",
            _ if place % 4 == 0 => "\n\n",
            _ => " ",
        };
        text.push_str(separator);
        text.push_str(dice.one_of::<&str>(&SENTENCES));
    }
    text
}
