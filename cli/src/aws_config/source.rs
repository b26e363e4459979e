//! The source profile, for a file other than the user's AWS configuration. Programs that read that file
//! read no other configuration, so the source profile and the sections it refers to are copied.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::Target;
use super::ini::{self, Section};
use super::merge::Merge;
use crate::config::Environment;
use crate::error::Error;

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
                let refers = [
                    (true, "source_profile", ""),
                    (false, "sso_session", "sso-session "),
                    (false, "services", "services "),
                ];
                for (is_profile, setting, prefix) in refers {
                    let value = ini::setting(&body, setting);
                    pending.extend(value.map(|name| (is_profile, format!("{prefix}{name}"))));
                }
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

    /// The sections that the target lacks.
    pub(super) fn missing_sections(&self, target: &Target, merge: &Merge) -> Result<String, Error> {
        let others = merge.others();
        let existing: BTreeSet<(bool, String)> = ini::sections(&others)
            .map(|section| (section.is_profile, section.name))
            .collect();
        let mut text = String::new();
        for (section, body) in &self.sections {
            if existing.contains(&(section.is_profile, section.name.clone())) {
                continue;
            }
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
            text.push_str(&format!("\n# Copied from {config}.\n{body}\n"));
        }
        Ok(text)
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
