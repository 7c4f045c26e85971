//! The words of a text, in the form in which they are compared.

use unicode_normalization::UnicodeNormalization;

/// Words that say nothing about a tool.
const COMMON: &[&str] = &[
    "a", "all", "an", "and", "are", "as", "at", "be", "by", "can", "for", "from", "how", "i", "in",
    "is", "it", "its", "me", "my", "of", "on", "one", "or", "that", "the", "their", "them", "this",
    "to", "want", "what", "which", "with", "you", "backlog", "tool",
];

/// Words of users, and those of the tools for them.
const SYNONYMS: &[(&str, &str)] = &[
    ("attach", "attachment"),
    ("change", "update"),
    ("create", "add"),
    ("download", "get"),
    ("edit", "update"),
    ("favorite", "star"),
    ("file", "attachment"),
    ("follow", "watching"),
    ("group", "team"),
    ("hook", "webhook"),
    ("label", "category"),
    ("like", "star"),
    ("list", "get"),
    ("member", "user"),
    ("modify", "update"),
    ("new", "add"),
    ("people", "user"),
    ("person", "user"),
    ("pr", "pull"),
    ("quota", "limit"),
    ("read", "get"),
    ("remove", "delete"),
    ("rename", "update"),
    ("repo", "repository"),
    ("show", "get"),
    ("sprint", "milestone"),
    ("task", "issue"),
    ("ticket", "issue"),
    ("unread", "notification"),
    ("unwatch", "watching"),
    ("watch", "watching"),
    ("watcher", "watching"),
];

/// Words of Backlog's Japanese screens, and those of the tools for them; longer ones first where
/// one begins with another.
const JAPANESE: &[(&str, &[&str])] = &[
    ("最近見た", &["recently", "viewed"]),
    ("最近", &["recently"]),
    ("閲覧", &["viewed", "get"]),
    ("プルリクエスト", &["pull", "request"]),
    ("プルリク", &["pull", "request"]),
    ("リポジトリ", &["repository"]),
    ("プロジェクト", &["project"]),
    ("ドキュメント", &["document"]),
    ("マイルストーン", &["milestone"]),
    ("バージョン", &["version"]),
    ("カテゴリー", &["category"]),
    ("カテゴリ", &["category"]),
    ("カスタム属性", &["custom", "field"]),
    ("カスタムフィールド", &["custom", "field"]),
    ("状態", &["status"]),
    ("ステータス", &["status"]),
    ("種別", &["issue", "type"]),
    ("優先度", &["priority"]),
    ("完了理由", &["resolution"]),
    ("課題", &["issue"]),
    ("チケット", &["issue"]),
    ("コメント", &["comment"]),
    ("添付", &["attachment"]),
    ("ファイル", &["attachment"]),
    ("共有", &["shared"]),
    ("画像", &["icon", "attachment"]),
    ("アイコン", &["icon"]),
    ("お知らせ", &["notification"]),
    ("通知", &["notification"]),
    ("ウォッチ", &["watching"]),
    ("スター", &["star"]),
    ("ウェブフック", &["webhook"]),
    ("webhook", &["webhook"]),
    ("メンバー", &["user", "member"]),
    ("参加者", &["user", "participant"]),
    ("管理者", &["administrator"]),
    ("ユーザー", &["user"]),
    ("ユーザ", &["user"]),
    ("チーム", &["team"]),
    ("グループ", &["team"]),
    ("スペース", &["space"]),
    ("容量", &["disk", "usage"]),
    ("使用量", &["disk", "usage"]),
    ("プラン", &["licence"]),
    ("レート制限", &["rate", "limit"]),
    ("活動", &["activity"]),
    ("履歴", &["history"]),
    ("タグ", &["tag"]),
    ("関連", &["related"]),
    ("件数", &["count"]),
    ("数", &["count"]),
    ("ページ", &["wiki", "page"]),
    ("ウィキ", &["wiki"]),
    ("ダウンロード", &["get", "attachment"]),
    ("アップロード", &["upload", "attachment"]),
    ("既読", &["mark", "read"]),
    ("未読", &["unread", "notification"]),
    ("並び", &["reorder"]),
    ("追加", &["add"]),
    ("作成", &["add"]),
    ("登録", &["add"]),
    ("新規", &["add"]),
    ("削除", &["delete"]),
    ("消", &["delete"]),
    ("外す", &["delete"]),
    ("変更", &["update"]),
    ("更新", &["update"]),
    ("編集", &["update"]),
    ("一覧", &["get"]),
    ("取得", &["get"]),
    ("見", &["get"]),
];

/// The words of a text: lowercase, in the singular, in English, without common ones.
pub(super) fn words(text: &str) -> Vec<String> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.clone();
    for (word, english) in JAPANESE {
        if rest.contains(word) {
            rest = rest.replace(word, " ");
            found.extend(english.iter().map(|word| (*word).to_owned()));
        }
    }
    let latin = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    for word in latin.filter(|word| word.len() > 1) {
        let word = singular(word);
        if COMMON.contains(&word.as_str()) {
            continue;
        }
        let synonym = SYNONYMS.iter().find(|(other, _)| *other == word);
        found.push(synonym.map_or(word, |(_, word)| (*word).to_owned()));
    }
    found
}

/// A word without the ending of a plural or of a verb.
fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    for end in ["sses", "uses", "xes"] {
        if word.ends_with(end) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}
