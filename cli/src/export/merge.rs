//! Blocks between two markers: one for the profiles of each export, and one for copied source profiles.
//! Nothing outside a block is changed.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ini::{self, Section};
use crate::error::Error;

const BEGIN: &str = "# >>> rolecall ";
const END: &str = "# <<< rolecall ";

/// The name of the block with the copied source profiles. No export has this name.
pub(super) const SOURCES: &str = "source-profiles";

/// A file and the position of a block in it.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    file: &'a [u8],
    name: String,
    /// The block that an earlier run wrote.
    block: Option<Block>,
}

/// A pair of markers, and the lines between them.
#[derive(Debug)]
struct Block {
    name: String,
    sum: String,
    start: usize,
    end: usize,
    inside: (usize, usize),
}

pub(super) fn not_merged(path: &Path, why: &str) -> Error {
    Error::LocalFile {
        message: format!("Did not change {}. {why}", path.display()),
        source: None,
    }
}

impl<'a> Merge<'a> {
    /// Finds the block of this name. `force` allows overwriting manual changes in the block.
    pub(super) fn new(file: &'a [u8], name: &str, force: bool) -> Result<Self, String> {
        let mut of_name = blocks(file)?.into_iter().filter(|one| one.name == name);
        let block = of_name.next();
        if of_name.next().is_some() {
            return Err(format!("It has two blocks of {name}. Delete one of them."));
        }
        if let Some(block) = &block {
            let (start, end) = block.inside;
            if sum(&file[start..end]) != block.sum && !force {
                return Err(format!(
                    "The lines between the markers of {name} were changed by hand. Move your own lines out \
                     of the block, or overwrite them with --force."
                ));
            }
        }
        Ok(Self {
            file,
            name: name.to_owned(),
            block,
        })
    }

    /// The lines of the block.
    pub(super) fn lines(&self) -> &[u8] {
        let (start, end) = self.block.as_ref().map_or((0, 0), |block| block.inside);
        &self.file[start..end]
    }

    /// Where the block is, with its markers, or where it will be.
    fn range(&self) -> (usize, usize) {
        let at_end = (self.file.len(), self.file.len());
        self.block
            .as_ref()
            .map_or(at_end, |block| (block.start, block.end))
    }

    /// The file without the block.
    pub(super) fn others(&self) -> Vec<u8> {
        let (start, end) = self.range();
        [&self.file[..start], &self.file[end..]].concat()
    }

    /// The file with these lines as the block.
    pub(super) fn merged(&self, lines: &str) -> Result<Vec<u8>, String> {
        if lines
            .lines()
            .any(|line| line.starts_with(BEGIN) || line.starts_with(END))
        {
            return Err("The hub's response contains the markers of a block.".to_owned());
        }
        self.check_duplicates(lines)?;
        let end_of_line = if self.file.windows(2).any(|pair| pair == b"\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let lines = lines.trim_end_matches('\n').replace('\n', end_of_line) + end_of_line;
        let (name, sum) = (&self.name, sum(lines.as_bytes()));
        let block = format!(
            "{BEGIN}{name} {sum} (rolecall export --merge updates this block){end_of_line}\
             {lines}{END}{name}{end_of_line}"
        );
        let (start, end) = self.range();
        let (before, after) = (&self.file[..start], &self.file[end..]);
        let gap = match before {
            [] => "",
            _ if self.block.is_some() => "",
            [.., b'\n'] => end_of_line,
            _ => &end_of_line.repeat(2),
        };
        Ok([before, gap.as_bytes(), block.as_bytes(), after].concat())
    }

    /// A duplicate profile makes the whole file invalid for the AWS CLI.
    fn check_duplicates(&self, lines: &str) -> Result<(), String> {
        let others = self.others();
        let taken: BTreeSet<(bool, String)> = ini::sections(&others).map(name).collect();
        let duplicate = ini::sections(lines.as_bytes())
            .map(name)
            .find(|name| taken.contains(name));
        match duplicate {
            None => Ok(()),
            Some((_, name)) => Err(format!(
                "It already has a profile {name} outside of the block. Delete or rename that one."
            )),
        }
    }
}

/// Fails unless the file has the block with these lines, and each of their profiles once.
pub(super) fn check_written(file: &[u8], name: &str, lines: &str) -> Result<(), String> {
    let merge = Merge::new(file, name, false)?;
    let written = String::from_utf8_lossy(merge.lines()).replace("\r\n", "\n");
    if written.trim_end() != lines.replace("\r\n", "\n").trim_end() {
        return Err(format!("the block {name} is not as intended"));
    }
    let in_file: Vec<(bool, String)> = ini::sections(file).map(self::name).collect();
    for profile in ini::sections(lines.as_bytes()).map(self::name) {
        let count = in_file.iter().filter(|one| **one == profile).count();
        if count != 1 {
            return Err(format!(
                "the file has the profile {} {count} times",
                profile.1
            ));
        }
    }
    Ok(())
}

fn name(section: Section) -> (bool, String) {
    (section.is_profile, section.name)
}

fn blocks(file: &[u8]) -> Result<Vec<Block>, String> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (number, (start, line)) in ini::lines(file).enumerate() {
        let text = String::from_utf8_lossy(ini::trimmed(line)).into_owned();
        let invalid = |what: &str| format!("Line {} is {what}. Correct or delete it.", number + 1);
        if let Some(rest) = text.strip_prefix(BEGIN) {
            if open.is_some() {
                return Err(invalid("the start marker of a block inside another block"));
            }
            let mut words = rest.split_whitespace();
            let (name, sum) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            let after = start + line.len();
            open = Some(Block {
                name: name.to_owned(),
                sum: sum.to_owned(),
                start,
                end: after,
                inside: (after, after),
            });
        } else if let Some(rest) = text.strip_prefix(END) {
            let mut block = open
                .take()
                .filter(|block| block.name == rest.trim())
                .ok_or_else(|| invalid("an end marker without its start marker"))?;
            block.inside.1 = start;
            block.end = start + line.len();
            found.push(block);
        }
    }
    match open {
        None => Ok(found),
        Some(block) => Err(format!(
            "The block of {} has no end marker. Add it, or delete the start marker.",
            block.name
        )),
    }
}

/// A checksum of the lines, without their line endings.
fn sum(lines: &[u8]) -> String {
    let plain: Vec<u8> = lines
        .iter()
        .copied()
        .filter(|byte| *byte != b'\r')
        .collect();
    hex::encode(&Sha256::digest(&plain)[..6])
}

#[cfg(test)]
mod tests {
    use super::{Merge, check_written};

    const NEW: &str = "# Shop\n[profile shop]\nrole_arn = x\n";

    fn merge(file: &[u8], group: &str, lines: &str) -> Vec<u8> {
        let parsed = Merge::new(file, group, false).expect("a file");
        parsed.merged(lines).expect("merged")
    }

    #[test]
    fn lines_outside_the_block_stay_byte_for_byte() {
        let files: [&[u8]; 7] = [
            b"",
            b"[default]\nregion = x\n",
            b"[default]\nregion = x",
            b"[default]\r\nregion = x\r\n",
            b"\xef\xbb\xbf[profile \xff\xfe]\nregion = \xe6\x9d\xb1\n\n\n",
            b"# nothing\n",
            b"\n",
        ];
        for file in files {
            let once = merge(file, "grp_1", NEW);
            assert!(
                once.starts_with(file),
                "{:?}",
                file.escape_ascii().to_string()
            );
            assert_eq!(
                merge(&once, "grp_1", NEW),
                once,
                "merging again changes nothing"
            );
            let two = merge(&once, "grp_2", "[profile lab]\n");
            assert!(two.starts_with(&once));
            let changed = merge(&two, "grp_1", "[profile cart]\n");
            let text = String::from_utf8_lossy(&changed);
            assert!(
                changed.starts_with(file) && text.contains("[profile lab]"),
                "{text}"
            );
            assert!(
                text.contains("[profile cart]") && !text.contains("[profile shop]"),
                "{text}"
            );
            assert_eq!(
                merge(&changed, "grp_1", NEW),
                two,
                "the former profiles restore the file"
            );
        }
    }

    #[test]
    fn line_endings_of_the_file_are_kept() {
        let merged = merge(b"[default]\r\nregion = x\r\n", "grp_1", NEW);
        let lone = merged
            .iter()
            .zip(merged.iter().skip(1))
            .filter(|(a, b)| **b == b'\n' && **a != b'\r');
        assert_eq!(lone.count(), 0, "{}", String::from_utf8_lossy(&merged));
        let unix = merge(b"[default]\n", "grp_1", NEW);
        assert!(!unix.contains(&b'\r'));
    }

    #[test]
    fn changes_made_by_hand_are_overwritten_only_with_force() {
        let file = String::from_utf8(merge(b"", "grp_1", NEW)).expect("UTF-8");
        let edited = file
            .replace("role_arn = x", "role_arn = x\nmfa_serial = mine")
            .into_bytes();
        let error = Merge::new(&edited, "grp_1", false).expect_err("changed by hand");
        assert!(error.contains("--force"), "{error}");
        assert!(
            Merge::new(&edited, "grp_2", false).is_ok(),
            "another group's block"
        );
        assert!(Merge::new(&edited, "grp_1", true).is_ok());
        let windows = file.replace('\n', "\r\n").into_bytes();
        assert!(
            Merge::new(&windows, "grp_1", false).is_ok(),
            "an editor changed the line endings"
        );
    }

    #[test]
    fn broken_markers_are_rejected() {
        let good = String::from_utf8(merge(b"", "grp_1", NEW)).expect("UTF-8");
        let begin = good.lines().next().expect("a line");
        for broken in [
            begin.to_owned(),
            format!("{begin}\n{good}"),
            "# <<< rolecall grp_1\n".to_owned(),
            good.replace("<<< rolecall grp_1", "<<< rolecall grp_2"),
            format!("{good}{good}"),
        ] {
            assert!(
                Merge::new(broken.as_bytes(), "grp_1", true).is_err(),
                "{broken}"
            );
        }
    }

    #[test]
    fn written_file_is_checked_before_it_replaces_the_former_one() {
        let good = merge(b"[profile mine]\r\n", "grp_1", NEW);
        assert_eq!(check_written(&good, "grp_1", NEW), Ok(()));
        let text = String::from_utf8(good).expect("UTF-8");
        for broken in [
            text.replace("role_arn = x", "role_arn = y"),
            text.replace("[profile mine]", "[profile shop]"),
            text.replace("# <<< rolecall grp_1", ""),
            text.replace("grp_1", "grp_2"),
            String::new(),
        ] {
            assert!(
                check_written(broken.as_bytes(), "grp_1", NEW).is_err(),
                "{broken}"
            );
        }
    }

    #[test]
    fn duplicate_profiles_are_rejected() {
        for own in [
            "[profile shop]\n",
            "[profile \"shop\"]\r\n",
            "[profile\tshop]\n",
        ] {
            let parsed = Merge::new(own.as_bytes(), "grp_1", false).expect("a file");
            let error = parsed.merged(NEW).expect_err(own);
            assert!(error.contains("shop"), "{error}");
        }
        let block = merge(b"", "grp_1", NEW);
        let parsed = Merge::new(&block, "grp_2", false).expect("a file");
        assert!(parsed.merged(NEW).is_err(), "another group's block");
        let parsed = Merge::new(b"", "grp_1", false).expect("a file");
        assert!(
            parsed.merged("# >>> rolecall grp_9\n").is_err(),
            "a marker in the response"
        );
    }
}
