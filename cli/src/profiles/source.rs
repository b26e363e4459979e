//! The profile that a person comes from, where the profiles stand in a file of their own: a reader of
//! that file sees no other configuration, so what the source needs goes along.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::Target;
use super::ini::{self, Section};
use super::merge::Plan;
use crate::environment::Environment;
use crate::failure::Failure;

/// Sources of sources.
const MOST_STEPS: usize = 16;

#[derive(Debug)]
pub(super) struct Source {
    profile: String,
    config: PathBuf,
    /// Its own section and those that it refers to, each as it stands in the person's file.
    sections: Vec<(Section, Vec<u8>)>,
    /// Whether the credentials file has it: that one is read whatever the configuration is.
    has_credentials: bool,
}

impl Source {
    /// In the person's own configuration.
    pub(super) fn find(
        config: &Path,
        environment: &Environment,
        profile: &str,
    ) -> Result<Self, Failure> {
        let file = Target::open(config)?.bytes;
        let all: Vec<Section> = ini::sections(&file).collect();
        let mut sections: Vec<(Section, Vec<u8>)> = Vec::new();
        let mut wanted = vec![(true, profile.to_owned())];
        while let Some((is_profile, name)) = wanted.pop() {
            let known = |one: &Section| one.is_profile == is_profile && one.name == name;
            if sections.len() >= MOST_STEPS || sections.iter().any(|(one, _)| known(one)) {
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
                    wanted.extend(value.map(|name| (is_profile, format!("{prefix}{name}"))));
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
    pub(super) fn carried(&self, target: &Target, plan: &Plan) -> Result<String, Failure> {
        let others = plan.others();
        let there: BTreeSet<(bool, String)> = ini::sections(&others)
            .map(|section| (section.is_profile, section.name))
            .collect();
        let mut text = String::new();
        for (section, body) in &self.sections {
            if there.contains(&(section.is_profile, section.name.clone())) {
                continue;
            }
            if target.is_shared() && ini::setting(body, "aws_secret_access_key").is_some() {
                return Err(Failure::Usage(format!(
                    "The profile {} has its secret key in {}, and others may read the file that is to be \
                     written. Move the key to ~/.aws/credentials, or write to {0}.",
                    self.profile,
                    self.config.display()
                )));
            }
            let body = String::from_utf8_lossy(body).replace("\r\n", "\n");
            let body = body.trim_start_matches('\u{feff}').trim_end();
            let config = self.config.display().to_string();
            let config = config.escape_default();
            text.push_str(&format!(
                "\n# As in {config}, which readers of this file don't see.\n{body}\n"
            ));
        }
        Ok(text)
    }

    /// What is to be known where nothing holds the source.
    pub(super) fn note(&self) -> Option<String> {
        let missing = self.sections.is_empty() && !self.has_credentials;
        missing.then(|| {
            format!(
                "There is no profile {} in {} or in the credentials file yet.",
                self.profile,
                self.config.display()
            )
        })
    }
}
