//! The import graph of a crate: which source file uses items of which other one.
//!
//! 1. Every file below `src/` is a module. Code under `#[cfg(test)]` and files of tests are left
//!    out.
//! 2. A path in a `use`, in code or in a macro is made absolute: `crate::`, `super::`, `self::`, a
//!    child module or an imported module.
//! 3. A re-export leads on to the file that defines the item, so a `mod.rs` that only declares and
//!    re-exports its children uses nothing of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, ImplItemFn, Item, ItemMod, ItemUse, Macro, UseTree, Visibility,
    visit::{self, Visit},
};

/// A path of module names and, at its end, of an item.
pub(super) type Names = Vec<String>;

/// A re-export leads to another one at most this often.
const MAX_REEXPORTS: usize = 12;

#[derive(Default)]
struct Module {
    file: PathBuf,
    /// The items that the file defines.
    items: BTreeSet<String>,
    /// The names that a `use` brings in, with their absolute paths.
    imports: BTreeMap<String, Names>,
    /// The modules that a `use …::*` of the file opens.
    globs: Vec<Names>,
    /// The absolute paths that the file uses, but for `pub use`.
    uses: BTreeSet<Names>,
}

pub(super) struct Graph {
    modules: BTreeMap<Names, Module>,
}

impl Graph {
    /// Reads a crate's `src/`.
    pub(super) fn of(source_root: &Path) -> Self {
        let files = rust_files(source_root);
        assert!(!files.is_empty(), "no file below {}", source_root.display());
        let known: BTreeSet<_> = files
            .iter()
            .map(|file| module_of(source_root, file))
            .collect();
        let modules = files
            .iter()
            .filter(|file| !is_test(source_root, file) && !file.ends_with("main.rs"))
            .map(|file| {
                let name = module_of(source_root, file);
                (name.clone(), read(file, name, &known))
            })
            .collect();
        Self { modules }
    }

    /// Pairs of modules: the first uses an item that the second defines.
    pub(super) fn edges(&self) -> BTreeSet<(&Names, &Names)> {
        let mut edges = BTreeSet::new();
        for (from, module) in &self.modules {
            for path in &module.uses {
                let target = self.definition(path, 0);
                edges.extend(target.filter(|to| *to != from).map(|to| (from, to)));
            }
        }
        edges
    }

    pub(super) fn file(&self, module: &Names) -> &Path {
        &self.modules[module].file
    }

    /// The module that defines the item of a path; `None` if the path names a module.
    fn definition(&self, path: &[String], reexports: usize) -> Option<&Names> {
        let length = (0..=path.len())
            .rev()
            .find(|length| self.modules.contains_key(&path[..*length]))?;
        let (name, module) = self.modules.get_key_value(&path[..length])?;
        let item = path.get(length)?;
        if module.items.contains(item) || reexports == MAX_REEXPORTS {
            return Some(name);
        }
        if let Some(import) = module.imports.get(item) {
            let onward: Names = import.iter().chain(&path[length + 1..]).cloned().collect();
            return self.definition(&onward, reexports + 1);
        }
        let mut globs = module.globs.iter();
        let through_glob = globs.find_map(|glob| {
            let onward: Names = glob.iter().chain(&path[length..]).cloned().collect();
            let found = self.definition(&onward, reexports + 1)?;
            self.modules[found].items.contains(item).then_some(found)
        });
        Some(through_glob.unwrap_or(name))
    }
}

/// Reads the items and paths of one file.
struct Reader<'a> {
    known: &'a BTreeSet<Names>,
    /// The module of the file.
    name: Names,
    /// The inline modules around the item that is read.
    inner: Names,
    module: Module,
}

fn read(file: &Path, name: Names, known: &BTreeSet<Names>) -> Module {
    let source = fs::read_to_string(file).expect("a readable source file");
    let tree =
        syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut reader = Reader {
        known,
        name,
        inner: Vec::new(),
        module: Module {
            file: file.to_owned(),
            ..Module::default()
        },
    };
    // Imports first: a path in code may begin with an imported module.
    for item in &tree.items {
        if let Item::Use(item) = item {
            reader.visit_item_use(item);
        }
    }
    reader.visit_file(&tree);
    reader.module
}

impl Reader<'_> {
    /// The path from the crate's root; `None` for other crates, items of the file and prelude.
    fn absolute(&self, path: &[String]) -> Option<Names> {
        let here = || self.name.iter().chain(&self.inner).cloned();
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some(here().chain(rest.iter().cloned()).collect()),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                let mut base: Names = here().collect();
                base.truncate(base.len().checked_sub(ups)?);
                base.extend_from_slice(&path[ups..]);
                Some(base)
            }
            _ => {
                let mut child: Names = here().chain([first.clone()]).collect();
                if self.known.contains(&child) {
                    child.extend_from_slice(rest);
                    return Some(child);
                }
                let import = self.module.imports.get(first)?;
                (!rest.is_empty()).then(|| import.iter().chain(rest).cloned().collect())
            }
        }
    }

    fn import(&mut self, tree: &UseTree, parents: &[String], is_public: bool) {
        let with = |name: String| -> Names { parents.iter().cloned().chain([name]).collect() };
        match tree {
            UseTree::Path(path) => {
                self.import(&path.tree, &with(path.ident.to_string()), is_public);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, parents, is_public);
                }
            }
            UseTree::Glob(_) => {
                if let Some(module) = self.absolute(parents) {
                    self.module.globs.push(module);
                }
            }
            UseTree::Name(name) => self.leaf(&with(name.ident.to_string()), None, is_public),
            UseTree::Rename(name) => self.leaf(
                &with(name.ident.to_string()),
                Some(name.rename.to_string()),
                is_public,
            ),
        }
    }

    fn leaf(&mut self, path: &[String], alias: Option<String>, is_public: bool) {
        let path = match path.split_last() {
            Some((last, module)) if last == "self" => module,
            _ => path,
        };
        let (Some(absolute), Some(name)) = (self.absolute(path), path.last()) else {
            return;
        };
        if !is_public {
            self.module.uses.insert(absolute.clone());
        }
        if self.inner.is_empty() {
            let name = alias.unwrap_or_else(|| name.clone());
            self.module.imports.insert(name, absolute);
        }
    }

    /// Paths in the arguments of a macro, which are tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Names::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.note(&path);
                        path.clear();
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.note(&path);
                    path.clear();
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.note(&path);
    }

    fn note(&mut self, path: &[String]) {
        if path.len() > 1 {
            let absolute = self.absolute(path);
            self.module.uses.extend(absolute);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if attributes(item).iter().any(is_of_tests) {
            return;
        }
        if self.inner.is_empty() {
            self.module.items.extend(defined(item));
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !function.attrs.iter().any(is_of_tests) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !item.attrs.iter().any(is_of_tests) {
            let is_public = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, &[], is_public);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_some() {
            self.inner.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.inner.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Names = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        self.note(&names);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

fn is_of_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|condition| condition == "test")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// `src/db/mod.rs` and `src/db.rs` are both `db`; the crate's root is empty.
fn module_of(source_root: &Path, file: &Path) -> Names {
    let path = file.strip_prefix(source_root).expect("a file below it");
    let mut names: Names = path
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if ["mod", "lib", "main"].contains(&names.last().map_or("", String::as_str)) {
        names.pop();
    }
    names
}

/// Only the path below the root counts: the repository itself may be in a directory of tests.
fn is_test(source_root: &Path, file: &Path) -> bool {
    let path = file.strip_prefix(source_root).expect("a file below it");
    path.iter()
        .any(|part| part == "tests" || part == "tests.rs")
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable source directory");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    paths
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() => rust_files(&path),
            Some(extension) if extension == "rs" => vec![path],
            _ => Vec::new(),
        })
        .collect()
}
