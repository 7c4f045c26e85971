//! Converts the JSON of Backlog's document editor to Markdown.
//!
//! The editor's JSON is a tree of nodes with `type`, `attrs`, `content`, `text` and `marks`.
//! Backlog does not document it, so a node of an unknown type is written as its content, and a tree
//! with a node that has neither text nor content nor a known type is not converted: the plain text
//! is used.

use serde_json::Value;

use crate::json::{items, long_text};

/// Returns the text of the tree, or of the JSON that holds it; `None` if there is none, or not all
/// of it can be read.
pub(crate) fn markdown(json: &Value) -> Option<String> {
    let parsed;
    let root = match json {
        Value::String(text) => {
            parsed = serde_json::from_str(text).ok()?;
            &parsed
        }
        other => other,
    };
    if root["type"] != "doc" {
        return None;
    }
    let text = blocks(&root["content"])?;
    (!text.trim().is_empty()).then_some(text)
}

/// The blocks of a node, with an empty line between them.
fn blocks(content: &Value) -> Option<String> {
    let blocks: Option<Vec<_>> = items(content).iter().map(block).collect();
    let mut blocks = blocks?;
    blocks.retain(|block| !block.trim().is_empty());
    Some(blocks.join("\n\n"))
}

fn block(node: &Value) -> Option<String> {
    let content = &node["content"];
    let attrs = &node["attrs"];
    Some(match node["type"].as_str()? {
        "paragraph" => inlines(content)?,
        "heading" => {
            let level = attrs["level"].as_u64().unwrap_or(1).clamp(1, 6);
            let marks = (0..level).map(|_| '#').collect::<String>();
            format!("{marks} {}", inlines(content)?)
        }
        "bulletList" => list(content, |_, _| "- ".to_owned())?,
        "orderedList" => {
            let first = attrs["start"].as_u64().unwrap_or(1);
            list(content, |place, _| {
                format!("{}. ", first.saturating_add(place))
            })?
        }
        "taskList" => list(content, |_, item| {
            let is_done = item["attrs"]["checked"] == true;
            if is_done { "- [x] " } else { "- [ ] " }.to_owned()
        })?,
        "codeBlock" => {
            let language = attrs["language"].as_str().unwrap_or_default();
            let code = crate::fence::fence(&plain(content));
            code.trim_end().replacen('\n', &format!("{language}\n"), 1)
        }
        "blockquote" => indented(&blocks(content)?, "> ", "> "),
        "horizontalRule" => "---".to_owned(),
        "table" => table(content)?,
        "text" | "hardBreak" | "mention" | "emoji" | "image" => inline(node)?,
        _ if content.is_array() => blocks(content)?,
        _ => return None,
    })
}

fn list(content: &Value, marker: impl Fn(u64, &Value) -> String) -> Option<String> {
    let lines: Option<Vec<_>> = (0..)
        .zip(items(content))
        .map(|(place, item)| {
            let text = item_blocks(item)?;
            let marker = marker(place, item);
            Some(indented(&text, &marker, &" ".repeat(marker.len().min(4))))
        })
        .collect();
    Some(lines?.join("\n"))
}

/// The blocks of a list item: a list follows its paragraph without an empty line.
fn item_blocks(item: &Value) -> Option<String> {
    let mut text = String::new();
    for child in items(&item["content"]) {
        let block = block(child)?;
        let is_list = child["type"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("List"));
        if !text.is_empty() {
            text.push_str(if is_list { "\n" } else { "\n\n" });
        }
        text.push_str(&block);
    }
    Some(text)
}

fn indented(text: &str, first: &str, others: &str) -> String {
    let lines = text
        .split('\n')
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("{first}{line}"),
            _ if line.is_empty() && others.trim().is_empty() => String::new(),
            _ => format!("{others}{line}"),
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn table(content: &Value) -> Option<String> {
    // Each table around a table would double the escapes of its separators.
    if items(content).iter().any(has_table) {
        return None;
    }
    let mut lines = Vec::new();
    for row in items(content) {
        let cells: Option<Vec<_>> = items(&row["content"])
            .iter()
            .map(|cell| Some(crate::inline::line(&blocks(&cell["content"])?)))
            .collect();
        let cells = cells?;
        lines.push(format!("| {} |", cells.join(" | ")));
        if lines.len() == 1 {
            lines.push(format!("|{}", "---|".repeat(cells.len())));
        }
    }
    Some(lines.join("\n"))
}

fn has_table(node: &Value) -> bool {
    node["type"] == "table" || items(&node["content"]).iter().any(has_table)
}

fn inlines(content: &Value) -> Option<String> {
    items(content).iter().map(inline).collect()
}

fn inline(node: &Value) -> Option<String> {
    let attrs = &node["attrs"];
    let attr = |name: &str| long_text(&attrs[name]);
    Some(match node["type"].as_str()? {
        "text" => marked(node["text"].as_str()?, &node["marks"]),
        "hardBreak" => "\n".to_owned(),
        "mention" => format!("@{}", attr("label").or(attr("name")).or(attr("id"))?),
        "emoji" => attr("emoji")
            .or(attr("native"))
            .or(attr("name"))?
            .to_owned(),
        "image" => {
            let alt = attr("alt")
                .or(attr("title"))
                .or(attr("name"))
                .unwrap_or("image");
            match attr("src") {
                Some(src) if !src.starts_with("data:") => format!("![{alt}]({src})"),
                _ => format!("![{alt}]()"),
            }
        }
        _ if node["content"].is_array() => inlines(&node["content"])?,
        _ => return None,
    })
}

/// A text with its marks; code first, so that it is innermost.
fn marked(text: &str, marks: &Value) -> String {
    if text.trim().is_empty() {
        return text.to_owned();
    }
    let has = |kind: &str| items(marks).iter().any(|mark| mark["type"] == kind);
    let mut marked = text.to_owned();
    for (kind, mark) in [
        ("code", "`"),
        ("strike", "~~"),
        ("italic", "*"),
        ("bold", "**"),
    ] {
        if has(kind) {
            marked = format!("{mark}{marked}{mark}");
        }
    }
    let link = items(marks).iter().find(|mark| mark["type"] == "link");
    match link.and_then(|link| long_text(&link["attrs"]["href"])) {
        Some(target) if target != text => format!("[{marked}]({target})"),
        _ => marked,
    }
}

fn plain(content: &Value) -> String {
    let texts = items(content)
        .iter()
        .filter_map(|node| node["text"].as_str());
    texts.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> Value {
        json!({"type": "text", "text": text})
    }

    fn node(kind: &str, content: Value) -> Value {
        let fields = [("type", Value::from(kind)), ("content", content)];
        fields.into_iter().collect()
    }

    fn doc(content: Value) -> Option<String> {
        markdown(&node("doc", content))
    }

    #[test]
    fn a_tree_is_markdown() {
        let item = |label: &str| node("listItem", json!([node("paragraph", json!([text(label)]))]));
        let nested = node(
            "listItem",
            json!([
                node("paragraph", json!([text("二")])),
                node("bulletList", json!([item("三")]))
            ]),
        );
        let cell = |label: &str| {
            node(
                "tableCell",
                json!([node("paragraph", json!([text(label)]))]),
            )
        };
        let link =
            json!([{"type": "bold"}, {"type": "link", "attrs": {"href": "https://a.example"}}]);
        let written = doc(json!([
            {"type": "heading", "attrs": {"level": 2}, "content": [text("手順")]},
            node("paragraph", json!([
                text("See "), {"type": "text", "text": "表", "marks": link},
                {"type": "hardBreak"}, {"type": "mention", "attrs": {"label": "佐藤 遥"}},
            ])),
            node("orderedList", json!([item("一"), nested])),
            node("taskList", json!([
                {"type": "taskItem", "attrs": {"checked": true}, "content": [node("paragraph", json!([text("done")]))]},
            ])),
            {"type": "codeBlock", "attrs": {"language": "sh"}, "content": [text("ls\n```")]},
            node("blockquote", json!([node("paragraph", json!([text("a")])), node("paragraph", json!([text("b")]))])),
            {"type": "horizontalRule"},
            node("table", json!([node("tableRow", json!([cell("a|b"), cell("c")])), node("tableRow", json!([cell("d"), cell("e")]))])),
            node("somethingNew", json!([node("paragraph", json!([text("kept")]))])),
            node("paragraph", json!([])),
        ]));
        insta::assert_snapshot!(written.unwrap(), @r#"
        ## 手順

        See [**表**](https://a.example)
        @佐藤 遥

        1. 一
        2. 二
           - 三

        - [x] done

        ````sh
        ls
        ```
        ````

        > a
        > 
        > b

        ---

        | a\|b | c |
        |---|---|
        | d | e |

        kept
        "#);
    }

    #[test]
    fn a_tree_in_a_text_is_read() {
        let tree = node("doc", json!([node("paragraph", json!([text("潮位")]))]));
        assert_eq!(markdown(&json!(tree.to_string())).as_deref(), Some("潮位"));
    }

    #[test]
    fn a_tree_that_cannot_be_read_in_full_is_not_converted() {
        for tree in [
            json!(null),
            json!("not JSON"),
            json!({"type": "doc", "content": []}),
            json!({"type": "paragraph", "content": [text("x")]}),
            node(
                "doc",
                json!([node("paragraph", json!([text("x")])), {"type": "diagram", "attrs": {"text": "lost"}}]),
            ),
            node(
                "doc",
                json!([node(
                    "table",
                    json!([node("tableRow", json!([node("table", json!([]))]))])
                )]),
            ),
            node(
                "doc",
                json!([node("paragraph", json!([text("x"), {"type": "formula"}]))]),
            ),
        ] {
            assert_eq!(markdown(&tree), None, "{tree}");
        }
    }
}
