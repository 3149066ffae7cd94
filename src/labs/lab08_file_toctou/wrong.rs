//! Wrong fixes of lab 8, file-toctou.

use super::*;
use crate::labs::form::WrongFixes;

/// Looks a second time, directly before it opens.
fn wrong_look_twice(path: &Path, step: Step<'_>) -> io::Result<String> {
    step("looks at the path");
    refuse_unless(fs::symlink_metadata(path)?.is_file())?;
    step("looks at the path again");
    refuse_unless(fs::symlink_metadata(path)?.is_file())?;
    step("opens the path");
    let file = File::open(path)?; // <- fails here: wrong-look-twice
    io::read_to_string(file)
}

/// Opens first, and looks at the path then.
fn wrong_look_after(path: &Path, step: Step<'_>) -> io::Result<String> {
    step("opens the path");
    let file = File::open(path)?; // <- fails here: wrong-look-after
    step("looks at the path");
    refuse_unless(fs::symlink_metadata(path)?.is_file())?;
    step("reads what is open");
    io::read_to_string(file)
}

/// Follows all links by itself, looks whether that ends on the desk, and opens.
fn wrong_canonicalize(path: &Path, step: Step<'_>) -> io::Result<String> {
    step("follows the path to its end");
    refuse_unless(path.canonicalize()?.parent() == path.parent())?;
    step("opens the path");
    let file = File::open(path)?; // <- fails here: wrong-canonicalize
    step("reads what is open");
    io::read_to_string(file)
}

pub(super) const WRONG: WrongFixes = WrongFixes::new(
    file!(),
    include_str!("wrong.rs"),
    &[
        Variant::driven(
            "wrong-look-twice",
            "a second look before the opening",
            Declared::driven_to_fail(FailureKind::Panic),
            || drive("wrong-look-twice", wrong_look_twice),
        )
        .because(
            "The opening asks the file system once more, whatever was answered before, and how often. The last look is as old \
             as the first.",
        ),
        Variant::driven(
            "wrong-look-after",
            "a look after the opening",
            Declared::driven_to_fail(FailureKind::Panic),
            || drive("wrong-look-after", wrong_look_after),
        )
        .because(
            "It looks at the path again, and not at what is open. Whoever swaps twice, before the opening and after it, shows \
             the letter to the look and the secret to the opening.",
        ),
        Variant::driven(
            "wrong-canonicalize",
            "the path's end is looked at, the path is opened",
            Declared::driven_to_fail(FailureKind::Panic),
            || drive("wrong-canonicalize", wrong_canonicalize),
        )
        .because(
            "What `canonicalize` returns is a path, too, and was right at that moment. The opening follows the links anew. (To \
             open the canonical path does not help either: a part of it may have become a link.)",
        ),
    ],
);
