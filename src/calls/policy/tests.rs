mod by_name;

use backlog_client::Method;

use super::*;
use crate::{
    calls::{known_tools::KnownTools, prefix::ToolPrefix},
    toolkit::{
        project_binding::ProjectBinding,
        rest::{Paging, Rest},
        tool::Effect,
    },
};

/// The policy that a request asks for.
fn asked_for<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    query: &'a str,
) -> Result<Policy, BadRequest> {
    Policy::asked_for(
        headers,
        query,
        KnownTools::new(&ToolPrefix::default()).names(),
    )
}

fn set(toolsets: &[Toolset]) -> BTreeSet<Toolset> {
    toolsets.iter().copied().collect()
}

fn limit(toolsets: &[Toolset]) -> ToolsetLimit {
    toolsets.iter().copied().collect()
}

fn bound(read_only: bool, toolsets: Option<&[Toolset]>) -> Policy {
    Policy {
        read_only,
        toolsets: toolsets.map(limit),
        ..Policy::default()
    }
}

#[test]
fn narrowing_never_widens() {
    use Toolset::{Activity, Git, Issue, Wiki, Work};
    let space = bound(true, Some(&[Issue, Wiki]));
    let operator = bound(false, Some(&[Wiki, Git]));
    assert_eq!(space.narrowed_by(&operator), bound(true, Some(&[Wiki])));
    assert_eq!(space.narrowed_by(&Policy::default()), space);
    assert_eq!(Policy::default().narrowed_by(&space), space);
    assert_eq!(
        bound(false, Some(&[Git])).narrowed_by(&space),
        bound(true, Some(&[])),
        "nothing in common allows nothing, not everything"
    );
    // Of limits with `work`, the operations are those that both allow.
    let operations = |one: ToolsetLimit, other: ToolsetLimit| {
        let limit = |toolsets| Policy {
            toolsets: Some(toolsets),
            ..Policy::default()
        };
        let both = limit(one).narrowed_by(&limit(other));
        let sets = Toolset::ALL.into_iter();
        let allowed = |set: &Toolset| both.check_operation(&meta(*set)).is_ok();
        sets.filter(allowed).collect::<Vec<_>>()
    };
    let work = || limit(&[Work]);
    assert_eq!(operations(limit(&[Issue, Work]), work()), [Issue]);
    assert_eq!(operations(work(), limit(&[Work, Issue])), [Issue]);
    assert!(operations(limit(&[Issue, Work]), limit(&[Wiki, Work])).is_empty());
    assert_eq!(operations(work(), work()), Toolset::ALL);
    assert_eq!(operations(work(), limit(&[Activity])), [Activity]);
    let unknown = ToolsetLimit::named(["work", "of_another_release"]);
    assert!(operations(unknown.clone(), work()).is_empty());
    assert!(operations(work(), unknown).is_empty());
    let of = |keys: &[&str]| Policy {
        projects: Some(keys.iter().map(|key| (*key).to_owned()).collect()),
        ..Policy::default()
    };
    assert_eq!(
        of(&["KURA", "OPS"]).narrowed_by(&of(&["HARBOR", "OPS"])),
        of(&["OPS"])
    );
    assert_eq!(of(&["OPS"]).narrowed_by(&Policy::default()), of(&["OPS"]));
    assert_eq!(of(&["OPS"]).narrowed_by(&of(&["KURA"])), of(&[]));
}

fn meta(toolset: Toolset) -> ToolMeta {
    ToolMeta {
        name: "a_tool",
        title: "A tool",
        toolset,
        also_in: &[],
        effect: Effect::of(Method::Get),
        projects: ProjectBinding::SpaceWide,
        changes: &[],
        fields: &[],
        rest: Rest::SHORT,
        paging: Paging::None,
        usual_count: 0,
        takes_project: false,
    }
}

/// The toolsets that are offered.
fn offered(policy: &Policy) -> Vec<Toolset> {
    let sets = Toolset::ALL.into_iter();
    sets.filter(|set| policy.check(&meta(*set)).is_ok())
        .collect()
}

#[test]
fn a_request_chooses_within_the_bounds() {
    use Toolset::{Files, Git, Issue};
    let asked =
        |toolsets: &'static str| asked_for([("x-mcp-toolsets", toolsets.as_bytes())], "").unwrap();
    let with_files = [&Toolset::DEFAULT[..], &[Files]].concat();
    for (bound, header, expected) in [
        (None, "", &Toolset::DEFAULT[..]),
        (None, "all", &Toolset::DEFAULT),
        (None, "default,files", &with_files),
        (None, "files", &[Files]),
        (None, "everything", &Toolset::ALL),
        // A toolset that an operator names is offered even if it is off by default.
        (Some(&[Issue, Files][..]), "", &[Issue, Files]),
        (Some(&[Issue, Files]), "all", &[Issue, Files]),
        (Some(&[Issue, Files]), "default", &[Issue]),
        (Some(&[Issue, Git]), "everything", &[Issue, Git]),
        (Some(&[Issue, Git]), "files", &[]),
        (Some(&[]), "everything", &[]),
    ] {
        let bounds = Policy {
            toolsets: bound.map(limit),
            ..Policy::default()
        };
        let policy = bounds.narrowed_by(&asked(header));
        assert_eq!(offered(&policy), expected, "{bound:?} {header}");
    }
}

#[test]
fn without_a_limit_or_a_choice_the_list_is_the_usual_one_and_nothing_is_out_of_reach() {
    use Toolset::{Files, Issue, Work};
    let signed_in = |toolsets: Option<&[Toolset]>| Policy {
        usual: Some(UsualList::Work),
        ..bound(false, toolsets)
    };
    let asked =
        |toolsets: &'static str| asked_for([("x-mcp-toolsets", toolsets.as_bytes())], "").unwrap();
    let with_work = [&Toolset::ALL[..], &[Work]].concat();
    for (limit, header, expected_list, expected_calls) in [
        (None, "", &[Work][..], &with_work[..]),
        (None, "all", &Toolset::DEFAULT, &Toolset::DEFAULT),
        (None, "classic", &Toolset::DEFAULT, &Toolset::DEFAULT),
        (None, "files", &[Files], &[Files]),
        (None, "work,files", &[Files, Work], &with_work),
        // A limit without `work` lists what it names.
        (
            Some(&[Issue, Files][..]),
            "",
            &[Issue, Files],
            &[Issue, Files],
        ),
        (Some(&[Issue, Work]), "", &[Issue, Work], &[Issue, Work]),
        (Some(&[Work]), "", &[Work], &with_work),
    ] {
        let policy = signed_in(limit).narrowed_by(&asked(header));
        let policy = policy.narrowed_by(&Policy::default());
        let sets = Toolset::NAMED.into_iter();
        let listed: Vec<_> = sets.filter(|set| policy.lists(&meta(*set))).collect();
        assert_eq!(listed, expected_list, "listed: {limit:?} {header}");
        let sets = Toolset::NAMED.into_iter();
        let called: Vec<_> = sets
            .filter(|set| policy.check(&meta(*set)).is_ok())
            .collect();
        assert_eq!(called, expected_calls, "called: {limit:?} {header}");
    }
}

#[test]
fn a_request_asks_by_header_or_query() {
    use Toolset::{Git, Issue, Wiki};
    let asks = |read_only, toolsets: Option<&[Toolset]>| Policy {
        read_only,
        chosen: toolsets.map(set),
        names_chosen: toolsets.is_some(),
        ..Policy::default()
    };
    let asked = |toolsets: &[&'static str], readonly: &[&'static str], query| {
        let toolsets = toolsets
            .iter()
            .map(|value| ("x-mcp-toolsets", value.as_bytes()));
        let readonly = readonly
            .iter()
            .map(|value| ("x-mcp-readonly", value.as_bytes()));
        let others = [("accept", &b"toolsets"[..])];
        asked_for(toolsets.chain(readonly).chain(others), query)
    };
    for (toolsets, readonly, query, expected) in [
        (&[][..], &[][..], "", asks(false, None)),
        (
            &["issue,wiki"],
            &["true"],
            "",
            asks(true, Some(&[Issue, Wiki][..])),
        ),
        (
            &[],
            &[],
            "toolsets=issue%2Cgit&readonly=1&a=b",
            asks(true, Some(&[Issue, Git])),
        ),
        (
            &["issue,wiki"],
            &["false"],
            "toolsets=wiki,git",
            asks(false, Some(&[Wiki])),
        ),
        (
            &["issue", "git"],
            &["false", "true"],
            "",
            asks(true, Some(&[])),
        ),
        (
            &["all"],
            &[" 0 "],
            "toolsets=git&readonly=false",
            Policy {
                usual: Some(UsualList::Classic),
                ..asks(false, Some(&[Git]))
            },
        ),
    ] {
        assert_eq!(asked(toolsets, readonly, query), Ok(expected), "{query}");
    }
    assert!(matches!(
        asked(&["issues"], &[], ""),
        Err(BadRequest::Toolset(_))
    ));
    for (readonly, query) in [
        (&["yes"][..], ""),
        (&[""], ""),
        (&["true", " "], ""),
        (&[], "readonly"),
        (&[], "readonly="),
        (&["true"], "readonly=&readonly=true"),
    ] {
        let refused = asked(&[], readonly, query);
        assert!(matches!(refused, Err(BadRequest::Switch(_))), "{refused:?}");
    }
    let garbled = [("x-mcp-toolsets", &b"issue\xff"[..])];
    assert!(asked_for(garbled, "").is_err(), "not unbounded");
    assert!(matches!(
        asked(&[], &[], "toolsets=x"),
        Err(BadRequest::Toolset(_))
    ));
}

#[test]
fn a_request_chooses_one_of_two_formats() {
    use ResponseFormat::{Concise, Full};
    let asked = |headers: &[&'static str], query| {
        let headers = headers
            .iter()
            .map(|value| ("x-mcp-format", value.as_bytes()));
        asked_for(headers, query).map(|policy| policy.format)
    };
    for (headers, query, expected) in [
        (&[][..], "", None),
        (&["concise"][..], "", Some(Concise)),
        (&["Full"], "", Some(Full)),
        (&[], "a=b&format=concise", Some(Concise)),
        (&["concise"], "format=concise", Some(Concise)),
    ] {
        assert_eq!(asked(headers, query), Ok(expected), "{headers:?} {query}");
    }
    let both = asked(&["concise"], "format=full");
    assert_eq!(both, Err(BadRequest::TwoFormats));
    for (headers, query) in [(&["brief"][..], ""), (&[""], ""), (&[], "format=")] {
        let error = asked(headers, query).unwrap_err().to_string();
        let names_both = error.contains("expected concise or full");
        assert!(names_both && error.contains("X-MCP-Format"), "{error}");
    }
    let server = Policy {
        format: Some(Full),
        ..Policy::default()
    };
    let request = Policy {
        format: Some(Concise),
        ..Policy::default()
    };
    assert_eq!(server.narrowed_by(&request).format, Some(Concise));
    assert_eq!(
        request.narrowed_by(&Policy::default()).format,
        Some(Concise)
    );
}

#[test]
fn every_restriction_to_projects_narrows_the_others() {
    let keys = |keys: &[&str]| Some(keys.iter().map(|&key| key.to_owned()).collect());
    let asked = |header: &[&str], query| {
        let headers = header
            .iter()
            .map(|keys| ("x-mcp-projects", keys.as_bytes()));
        Ok::<_, String>(
            asked_for(headers, query)
                .map_err(|error| error.to_string())?
                .projects,
        )
    };
    assert_eq!(asked(&[], ""), Ok(None));
    assert_eq!(asked(&["acme, OPS"], ""), Ok(keys(&["ACME", "OPS"])));
    assert_eq!(
        asked(&[], "projects=ops%2CACME"),
        Ok(keys(&["ACME", "OPS"]))
    );
    assert_eq!(asked(&["ACME,OPS"], "projects=OPS,WEB"), Ok(keys(&["OPS"])));
    assert_eq!(
        asked(&["ACME", "OPS"], ""),
        Ok(keys(&[])),
        "nothing is in both"
    );
    for (header, query) in [
        (&["AC-ME"][..], ""),
        (&[""], ""),
        (&["ACME", ","], ""),
        (&["ACME"], "projects="),
        (&[], "projects=../x"),
    ] {
        let refused = asked(header, query).unwrap_err();
        assert!(
            refused.starts_with("projects or X-MCP-Projects: "),
            "{refused}"
        );
    }
    let restricted = |projects| Policy::of_projects(projects);
    let both = restricted(keys(&["ACME", "OPS"])).narrowed_by(&restricted(keys(&["OPS", "WEB"])));
    assert_eq!(both, restricted(keys(&["OPS"])));
    assert_eq!(both.narrowed_by(&restricted(None)), both);
    assert_eq!(restricted(None).narrowed_by(&both), both);
}
