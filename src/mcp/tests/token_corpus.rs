//! Compares the estimate of tokens with two real tokenizers, over typical content of Backlog's
//! responses.

use backlog_client::{BacklogUrl, Credentials};
use backlog_sim::{BacklogSim, SimOptions, seed};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use tiktoken_rs::{cl100k_base, o200k_base};

use super::{call, caller};
use crate::{accounts::access::FixedAccess, toolkit::tokens::tokens};

const JAPANESE: &str = "港湾予約ポータルの運用手順書です。毎朝九時に潮位データを確認し、異常があれば担当者へ\
    連絡してください。クレーンの点検は第二火曜日に実施します。\nサーバーの再起動手順：まず監視を停止し、次に\
    サービスを停止する。ログは /var/log/harbor に保存されます。\n- バージョン2.1以降では、設定ファイル\
    （config.yml）の「許可リスト」を更新する必要があります。\n## 連絡先\n| 担当 | 氏名 |\n|---|---|\n\
    | 運用 | 佐藤 遥 |\n| 開発 | 山口 健太 |\n";
const ENGLISH: &str = "# Deployment runbook\n\nCheck the tide data at nine every morning, and tell \
    the operator on call if anything looks odd. The crane isn't inspected until the second Tuesday.\n\n\
    1. Stop monitoring (`systemctl stop harbor-watch`).\n2. Restart the service; logs are in \
    /var/log/harbor.\n\n> \"Never restart both\" -- see HARBOR-12, https://acme.backlog.com/view/HARBOR-12\n";
const CODE: &str = "fn neat_end(text: &str, end: usize) -> usize {\n    let line = text[..end].rfind('\\n')\
    .map(|place| place + 1);\n    if let Some(line) = line.filter(|line| *line > end / 2) {\n        \
    return line;\n    }\n}\n\nSELECT u.id, COUNT(*) AS cnt FROM hub.grants g JOIN hub.users u ON u.id = \
    g.user_id WHERE g.revoked_at IS NULL;\n\nconst a=b=>b.map(x=>x*2).filter(Boolean);\n<project \
    xmlns=\"http://maven.apache.org/POM/4.0.0\"><version>1.2.3</version></project>\n";
const EMOJI: &str = "Done ✅ 🎉 ship it 🚢 now 🔥 👨‍👩‍👧‍👦 👍🏽 🇯🇵 → • “quoted” — ① ㈱ ★\n";
const OTHERS: &str = "Vérifiez les données de marée à neuf heures; été, où. Größe prüfen, schließen. \
    항만 예약 포털의 운영 절차서입니다. 每天早上九点检查潮汐数据。 Проверяйте данные о приливах.\n";

/// Returns a text of `length` characters drawn from `signs`.
fn drawn(signs: &str, length: usize, random: &mut StdRng) -> String {
    let signs: Vec<_> = signs.chars().collect();
    (0..length)
        .map(|_| signs[random.random_range(0..signs.len())])
        .collect()
}

fn texts() -> Vec<(&'static str, String)> {
    let mut random = StdRng::seed_from_u64(7);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut ids = |signs: &str, length: usize| {
        let ids = (0..40).map(|_| drawn(signs, length, &mut random));
        ids.collect::<Vec<_>>().join("\",\"")
    };
    let base64 = ids(&format!("{letters}+/"), 76);
    let tokens = ids(&format!("{letters}-_"), 43);
    let hex = ids("0123456789abcdef", 32);
    let capitals = ids("0123456789ABCDEF", 40);
    let digits = ids("0123456789", 60);
    let numbers = ids("0123456789", 8).replace('"', "");
    let urls: String = (0..40)
        .map(|id| {
            format!(
                "https://acme.backlog.com/view/HARBOR-{id}#comment-{}?x={}\n",
                id * 1017,
                &hex[id..id + 20]
            )
        })
        .collect();
    let encoded =
        "https://acme.backlog.com/file/HARBOR/%E8%A8%AD%E8%A8%88/%E6%BD%AE%E4%BD%8D.xlsx\n";
    let stamps: Vec<_> = (10..30)
        .map(|day| format!("2026-10-{day}T0{}:12:30Z", day % 10))
        .collect();
    let log = "2026-10-19T15:04:12.345Z ERROR [worker-3] com.acme.Berth - NullPointerException at \
               Berth.book(Berth.java:217)\n";
    vec![
        ("Japanese", JAPANESE.repeat(4)),
        (
            "Japanese as JSON",
            json!({"content": JAPANESE.repeat(4)}).to_string(),
        ),
        (
            "Japanese, escaped twice",
            json!(json!([JAPANESE, JAPANESE]).to_string()).to_string(),
        ),
        (
            "half width",
            "ﾊﾝｶｸｶﾅ ﾃﾞｽ。（全角）ＡＢＣ１２３：！？".repeat(20),
        ),
        ("English", ENGLISH.repeat(4)),
        (
            "English as JSON",
            json!({"content": ENGLISH.repeat(4)}).to_string(),
        ),
        ("source", CODE.repeat(4)),
        ("emoji", EMOJI.repeat(10)),
        ("other languages", OTHERS.repeat(6)),
        ("base64", base64),
        ("tokens", tokens),
        ("hexadecimal", hex),
        ("hexadecimal in capitals", capitals),
        ("long numbers", digits),
        ("numbers", numbers),
        ("addresses", urls),
        ("encoded addresses", encoded.repeat(20)),
        ("stamps", json!(stamps).to_string()),
        ("a log", log.repeat(20)),
        ("white space", "a\n\n\n\tb      c\r\n        d\n".repeat(40)),
        (
            "rules",
            "------------\n============\n| a | b |\n|---|---|\n".repeat(20),
        ),
    ]
}

/// The results of tools for a simulated Backlog.
async fn results() -> Vec<(&'static str, String)> {
    let sim = BacklogSim::start(SimOptions::default()).await.unwrap();
    let key = sim.control().issue_api_key(seed::HARUKA);
    let url = BacklogUrl::parse(sim.url().as_str()).unwrap();
    let caller = caller(FixedAccess::new(url, Credentials::ApiKey(key.into())));
    let document = "0199c5d07a1e7f0b9d3f5a6b7c8d9e01";
    let mut results = Vec::new();
    for (tool, arguments) in [
        ("get_issues", json!({"count": 20})),
        ("get_issue", json!({"issueKey": "HARBOR-1"})),
        ("get_issue", json!({"issueKey": "KURA-1"})),
        ("get_issue_comments", json!({"issueKey": "HARBOR-1"})),
        ("get_users", json!({})),
        ("get_project_list", json!({})),
        ("get_custom_fields", json!({"projectKey": "HARBOR"})),
        ("get_statuses", json!({"projectKey": "KURA"})),
        ("get_wiki", json!({"wikiId": 640_015})),
        (
            "get_document",
            json!({"documentId": document, "includeJson": true}),
        ),
        ("get_document_tree", json!({"projectIdOrKey": "HARBOR"})),
        ("get_notifications", json!({})),
        ("get_space_activities", json!({})),
        ("get_git_repositories", json!({"projectKey": "HARBOR"})),
        ("get_licence", json!({})),
    ] {
        let (failed, text) = call(&caller, tool, arguments).await;
        assert!(!failed, "{tool}: {text}");
        results.push((tool, text));
    }
    sim.stop().await;
    results
}

#[actix_web::test]
async fn the_estimate_is_not_below_real_counts() {
    let (o200k, cl100k) = (o200k_base().unwrap(), cl100k_base().unwrap());
    let mut wrong = Vec::new();
    let texts = texts().into_iter().chain(results().await);
    for (name, text) in texts {
        let estimated = tokens(&text);
        let newer = o200k.encode_ordinary(&text).len();
        let older = cl100k.encode_ordinary(&text).len();
        // No text has more tokens than bytes.
        let least = older.max((newer * 6).div_ceil(5)).min(text.len());
        if estimated < least {
            wrong.push(format!(
                "{name}: {estimated} instead of {least} ({newer}, {older})"
            ));
        }
        assert!(newer.max(older) <= text.len(), "{name}");
        assert!(
            estimated <= 4 * newer,
            "{name}: {estimated} is far from {newer}"
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_longer_text_costs_no_less() {
    for (name, text) in texts() {
        let mut before = 0;
        let places: Vec<_> = text
            .char_indices()
            .map(|(place, _)| place)
            .step_by(7)
            .collect();
        for place in places {
            let now = tokens(&text[..place]);
            assert!(now >= before, "{name} at {place}");
            before = now;
        }
    }
    assert_eq!(tokens(""), 0);
}
