//! Pairs of Markdown and the Backlog notation for it.

use backlog_notation::from_markdown;

#[track_caller]
fn check(pairs: &[(&str, &str)]) {
    for (markdown, expected) in pairs {
        assert_eq!(from_markdown(markdown), *expected, "from {markdown:?}");
    }
}

#[test]
fn headings_become_asterisks() {
    check(&[
        ("# One", "* One"),
        ("## Two\ntext", "** Two\ntext"),
        ("One\n===\n\nTwo\n---", "* One\n\n** Two"),
        ("###### Six ######", "****** Six"),
        ("# A `b` *c*", "* A `b` '''c'''"),
        ("# A\n## B", "* A\n** B"),
        ("long\ntitle\n===", "* long title"),
    ]);
}

#[test]
fn lists_repeat_their_marker() {
    check(&[
        ("- a\n- b\n", "- a\n- b\n"),
        ("* a\n  * b\n    * c\n* d", "- a\n-- b\n--- c\n- d"),
        ("1. a\n2. b", "+ a\n+ b"),
        ("1. a\n   - b\n   - c\n2. d", "+ a\n-- b\n-- c\n+ d"),
        ("- a\n  1. b", "- a\n++ b"),
        ("text\n\n- a\n\n- b\n\ntext", "text\n\n- a\n- b\n\ntext"),
        ("- a\n\n  second\n- b", "- a&br;second\n- b"),
        ("- long\n  line", "- long line"),
        ("- 長い\n  行", "- 長い行"),
        ("- # Title\n  text", "- Title&br;text"),
        ("- [ ] open\n- [x] done", "- [ ] open\n- [x] done"),
        ("- a\n\n  ---\n- b", "- a\n___\n- b"),
        ("- a\n  ***\n  b", "- a\n___\nb"),
        ("- - x", "-- x"),
    ]);
}

#[test]
fn list_levels_end_at_six() {
    let markdown = "- ".repeat(40) + "deep";
    assert_eq!(from_markdown(&markdown), "------ deep");
}

#[test]
fn spans_change_their_marks() {
    check(&[
        ("**b**", "''b''"),
        ("__b__ and *i* and _i_", "''b'' and '''i''' and '''i'''"),
        ("~~gone~~", "%%gone%%"),
        ("~~**both**~~", "%%''both''%%"),
        ("**bold *it* bold**", "''bold '''it''' bold''"),
        ("**two\nlines**", "''two lines''"),
        ("**あ\nい**", "''あい''"),
        ("**a **b** c**", "''a b c''"),
        ("5~10個、3~5個", "5~10個、3~5個"),
        ("これは**「重要」**です", "これは''「重要」''です"),
        ("2**3**4 と a ** b ** c", "2''3''4 と a ** b ** c"),
        ("これは\\*\\*「重要」\\*\\*です", "これは**「重要」**です"),
        ("`code`", "`code`"),
        ("``a`b``", "``a`b``"),
    ]);
}

#[test]
fn marks_that_would_touch_are_left_out() {
    check(&[
        ("***x***", "'''x'''"),
        ("**bold *it***", "''bold it''"),
        ("**a**'s", "''a''\\'s"),
        ("'**a**'", "\\'''a''\\'"),
        ("~~100%~~", "%%100\\%%%"),
        ("C:\\\\**b**", "C:\\ ''b''"),
    ]);
}

#[test]
fn links_have_a_label_and_an_address() {
    check(&[
        ("[a](https://x.test/)", "[[a>https://x.test/]]"),
        ("<https://x.test/>", "[[https://x.test/]]"),
        ("https://x.test/a_b_c", "https://x.test/a_b_c"),
        ("[https://x.test/](https://x.test/)", "[[https://x.test/]]"),
        (
            "[RFC: a > b](https://x.test/)",
            "RFC: a > b [[https://x.test/]]",
        ),
        (
            "[a](<https://x.test/a b]]>)",
            "[[a>https://x.test/a%20b%5D%5D]]",
        ),
        ("[**a**](https://x.test/)", "[[''a''>https://x.test/]]"),
        ("[a][1]\n\n[1]: https://x.test/", "[[a>https://x.test/]]"),
        ("[a](#part)", "[a](#part)"),
        ("[a](PROJ-1)", "[[a>PROJ-1]]"),
    ]);
}

#[test]
fn images_keep_their_address() {
    check(&[
        (
            "![a *b* c](https://x.test/a.png)",
            "#image(https://x.test/a.png)",
        ),
        ("![](a.png)", "#image(a.png)"),
        ("![](<my file.png>)", "#image(my file.png)"),
        (
            "![](<https://x.test/(1).png>)",
            "#image(https://x.test/%281%29.png)",
        ),
        (
            "[![x](https://x.test/a.png)](https://x.test/)",
            "#image(https://x.test/a.png) [[https://x.test/]]",
        ),
    ]);
}

#[test]
fn code_stays_as_it_is() {
    check(&[
        (
            "```\n* x ''y'' %%z%% | \\\n```",
            "{code}\n* x ''y'' %%z%% | \\\n{/code}",
        ),
        (
            "```rust\nlet a = 1;\n\n\nb\n```",
            "{code:rust}\nlet a = 1;\n\n\nb\n{/code}",
        ),
        ("```javascript title=x\na\n```", "{code:js}\na\n{/code}"),
        ("```a}b\nx\n```", "{code}\nx\n{/code}"),
        ("    indented\n", "{code}\nindented\n{/code}\n"),
        ("```\na\n", "{code}\na\n{/code}\n"),
        ("~~~sh\r\na\r\n~~~", "{code:shell}\na\n{/code}"),
        ("```\n```", "{code}\n{/code}"),
        (
            "```\na {/code} b\n```",
            "{code}\na \n{/code}\n\\{/code}\n{code}\n b\n{/code}",
        ),
        (
            "- a\n  ```\n  x\n    y\n  ```\n- b",
            "- a\n{code}\nx\n  y\n{/code}\n- b",
        ),
    ]);
}

#[test]
fn quotes_take_the_form_that_their_content_needs() {
    check(&[
        ("> a\n> b", "> a\n> b"),
        ("> a\nlazy", "> a\n> lazy"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("> - a\n> - b", "{quote}\n- a\n- b\n{/quote}"),
        ("> # A\n> b", "{quote}\n* A\nb\n{/quote}"),
        ("> a\n>\n> > b", "{quote}\na\n\n> b\n{/quote}"),
        (
            "> a\n> ```\n> x\n> ```\n> b",
            "> a\n{code}\nx\n{/code}\n> b",
        ),
        ("- a\n  > b\n- c", "- a\n> b\n- c"),
        ("> a\n\n> b", "> a\n\n> b"),
        (">", ""),
    ]);
}

#[test]
fn tables_mark_their_header_row() {
    check(&[
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "|a|b|h\n|1|2|"),
        ("a|b\n-|-\n1|", "|a|b|h\n|1||"),
        ("| a |\n|---|\n| x \\| y |", "|a|h\n|x \\| y|"),
        ("| a |\n|---|\n| `x \\| y` |", "|a|h\n|`x \\| y`|"),
        ("| a |\n|---|\n| C:\\\\ |", "|a|h\n|C:\\ |"),
        ("| a |\n|---|\n| ~x |\n| > |", "|a|h\n|\\~x|\n|\\>|"),
        ("| a |\n|---|\n| x<br>y |", "|a|h\n|x&br;y|"),
        (
            "| a |\n|---|\n| [x](https://x.test/?a\\|b) |",
            "|a|h\n|[[x>https://x.test/?a%7Cb]]|",
        ),
        ("| a |\n|---|\n| **b** |\n\nafter", "|a|h\n|''b''|\n\nafter"),
    ]);
}

#[test]
fn line_breaks_are_kept() {
    check(&[
        ("a  \nb", "a&br;b"),
        ("a\\\nb", "a&br;b"),
        ("a<br>b<br/>c", "a&br;b&br;c"),
        ("a\nb", "a\nb"),
        ("a\n\n\nb\n\n", "a\n\n\nb\n\n"),
        ("a\r\nb\r\n", "a\nb\n"),
    ]);
}

#[test]
fn text_that_looks_like_notation_gets_a_backslash() {
    check(&[
        ("it''s ''so''", "it\\'\\'s \\'\\'so\\'\\'"),
        ("100%% of %%x%%", "100\\%\\% of \\%\\%x\\%\\%"),
        ("\\* a", "\\* a"),
        ("a\n-5 degrees", "a\n\\-5 degrees"),
        ("+81-3-0000", "\\+81-3-0000"),
        ("\\> a", "\\> a"),
        ("|x|", "\\|x|"),
        ("write {code} and {/quote}", "write \\{code} and \\{/quote}"),
        (
            "`''` and `[[x]]` and `&br;`",
            "`\\'\\'` and `\\[[x]]` and `\\&br;`",
        ),
        ("`#rev(a)` and `{code}`", "`\\#rev(a)` and `\\{code}`"),
        ("a - b * c + d > e | f", "a - b * c + d > e | f"),
        ("it's 100% {x}", "it's 100% {x}"),
        ("\\'\\'", "\\'\\'"),
    ]);
}

#[test]
fn what_backlog_reads_itself_stays() {
    check(&[
        ("PROJ_A-12 and [[PROJ-3]]", "PROJ_A-12 and [[PROJ-3]]"),
        ("@taro please, <@123>", "@taro please, <@123>"),
        ("#contents", "#contents"),
        ("[toc]", "#contents"),
        (
            "#rev(app:abc) &color(red) { x }",
            "#rev(app:abc) &color(red) { x }",
        ),
        ("a&br;b", "a&br;b"),
    ]);
}

#[test]
fn what_has_no_counterpart_stays() {
    check(&[
        ("a\n\n---\n\nb", "a\n\n___\n\nb"),
        (
            "<details>\n<b>x</b>\n</details>\n\ny",
            "<details>\n<b>x</b>\n</details>\n\ny",
        ),
        ("a <u>b</u>", "a <u>b</u>"),
        ("x[^1]\n\n[^1]: the note\n", "x[^1]\n\n[^1]: the note\n"),
        ("a\n\n[Note]: important\n\nb", "a\n\n[Note]: important\n\nb"),
        ("[Note]: important", "[Note]: important"),
        ("$x$ :smile:", "$x$ :smile:"),
        ("", ""),
        ("\n\n", ""),
    ]);
}
