//! The source profile, for a file other than the user's AWS configuration. Programs that read that file
//! read no other configuration, so the source profile and the sections it refers to are copied.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::Target;
use super::ini::{self, Section};
use super::merge::{self, Merge};
use crate::config::Environment;
use crate::error::Error;

/// The comment before each copied section, which ends with the path of its file.
const COPIED: &str = "# Copied from ";

/// Whether a section is a profile, and its name.
type Id = (bool, String);

/// A copied section with its comment.
struct Copy {
    id: Id,
    text: String,
}

impl Copy {
    /// The sections that an earlier run copied.
    fn all(lines: &[u8]) -> Vec<Self> {
        let text = String::from_utf8_lossy(lines).replace("\r\n", "\n");
        let parts = text.split(COPIED).skip(1);
        let copy = |part: &str| {
            let text = format!("{COPIED}{}", part.trim_end());
            let section = ini::sections(text.as_bytes()).next()?;
            Some(Self {
                id: id(section),
                text,
            })
        };
        parts.filter_map(copy).collect()
    }
}

fn id(section: Section) -> Id {
    (section.is_profile, section.name)
}

/// The sections that a section refers to.
fn references(section: &[u8]) -> Vec<Id> {
    let settings = [
        (true, "source_profile", ""),
        (false, "sso_session", "sso-session "),
        (false, "services", "services "),
    ];
    let reference = |(is_profile, setting, prefix): (bool, &str, &str)| {
        let name = ini::setting(section, setting)?;
        Some((is_profile, format!("{prefix}{name}")))
    };
    settings.into_iter().filter_map(reference).collect()
}

/// The maximum number of profiles and sections that refer to each other.
const MAX_SECTIONS: usize = 16;

#[derive(Debug)]
pub(super) struct Source {
    profile: String,
    config: PathBuf,
    /// The profile's section, and the sections that it refers to.
    sections: Vec<(Section, Vec<u8>)>,
    /// Programs read the credentials file with any configuration file.
    has_credentials: bool,
}

impl Source {
    /// Finds the profile in the user's configuration.
    pub(super) fn find(
        config: &Path,
        environment: &Environment,
        profile: &str,
    ) -> Result<Self, Error> {
        let file = Target::open(config)?.bytes;
        let all: Vec<Section> = ini::sections(&file).collect();
        let mut sections: Vec<(Section, Vec<u8>)> = Vec::new();
        let mut pending = vec![(true, profile.to_owned())];
        while let Some((is_profile, name)) = pending.pop() {
            let known = |one: &Section| one.is_profile == is_profile && one.name == name;
            if sections.len() >= MAX_SECTIONS || sections.iter().any(|(one, _)| known(one)) {
                continue;
            }
            if let Some(section) = all.iter().find(|one| known(one)) {
                let body = ini::own_lines(&file[section.start..section.end]).to_vec();
                pending.extend(references(&body));
                sections.push((section.clone(), body));
            }
        }
        Ok(Self {
            profile: profile.to_owned(),
            config: config.to_owned(),
            has_credentials: environment.has_credentials_of(profile),
            sections,
        })
    }

    /// Copies the sections into the file's block of source profiles. The block keeps a section that an
    /// earlier run copied for as long as a profile of the file refers to it.
    pub(super) fn copied_into(
        &self,
        file: &[u8],
        target: &Target,
        force: bool,
    ) -> Result<Vec<u8>, Error> {
        let not_merged = |why: String| merge::not_merged(target.path(), &why);
        let merge = Merge::new(file, merge::SOURCES, force).map_err(not_merged)?;
        let others = merge.others();
        let mut copies = self.copies(target)?;
        for former in Copy::all(merge.lines()) {
            if copies.iter().all(|copy| copy.id != former.id) {
                copies.push(former);
            }
        }
        let own: BTreeSet<Id> = ini::sections(&others).map(id).collect();
        copies.retain(|copy| !own.contains(&copy.id));
        let mut needed: Vec<Id> = vec![(true, self.profile.clone())];
        for section in ini::sections(&others) {
            needed.extend(references(&others[section.start..section.end]));
        }
        let mut kept: BTreeSet<Id> = BTreeSet::new();
        while let Some(id) = needed.pop() {
            if let Some(copy) = copies.iter().find(|copy| copy.id == id)
                && kept.insert(id)
            {
                needed.extend(references(copy.text.as_bytes()));
            }
        }
        copies.retain(|copy| kept.contains(&copy.id));
        if copies.is_empty() {
            return Ok(others);
        }
        let lines: Vec<String> = copies.into_iter().map(|copy| copy.text).collect();
        merge.merged(&lines.join("\n\n")).map_err(not_merged)
    }

    /// The sections of the user's configuration as they are copied.
    fn copies(&self, target: &Target) -> Result<Vec<Copy>, Error> {
        let mut copies = Vec::new();
        for (section, body) in &self.sections {
            if target.is_shared() && ini::setting(body, "aws_secret_access_key").is_some() {
                return Err(Error::InvalidArguments(format!(
                    "The profile {} has a secret key in {}, and other users may read the file to write. Move \
                     the key to ~/.aws/credentials, or make the file private to you.",
                    self.profile,
                    self.config.display()
                )));
            }
            let body = String::from_utf8_lossy(body).replace("\r\n", "\n");
            let body = body.trim_start_matches('\u{feff}').trim_end();
            let config = self.config.display().to_string();
            let config = config.escape_default();
            copies.push(Copy {
                id: id(section.clone()),
                text: format!("{COPIED}{config}.\n{body}"),
            });
        }
        Ok(copies)
    }

    /// A warning if the profile does not exist.
    pub(super) fn warning(&self) -> Option<String> {
        let missing = self.sections.is_empty() && !self.has_credentials;
        missing.then(|| {
            format!(
                "Warning: neither {1} nor the credentials file has the source profile {0}.",
                self.profile,
                self.config.display()
            )
        })
    }
}
