//! The query parameters of an export.

use crate::problem::Problem;
use crate::request::Request;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::Region;
use rolecall_domain::export::{
    CredentialCommand, Format, MfaDevice, Options, ProfileTemplate, Scope, SourceProfile,
    SwitchFrom, Via,
};
use rolecall_domain::ids::GroupId;
use rolecall_domain::link::service::Service;
use rolecall_domain::messages::{Alternatives, Rule};
use rolecall_domain::text::{FieldError, Tenant};

pub const PARAMETERS: [&str; 11] = [
    "format",
    "group_id",
    "access",
    "region",
    "profile_template",
    "via",
    "command",
    "source_profile",
    "source_is_user",
    "mfa_device",
    "details",
];

/// An operator's export can be limited to a tenant.
pub const PARAMETERS_OF_OPERATOR: [&str; 12] = {
    let mut all = ["tenant"; 12];
    all.split_at_mut(1).1.copy_from_slice(&PARAMETERS);
    all
};

#[derive(Debug)]
pub struct Asked {
    pub tenant: Option<Tenant>,
    pub group_id: Option<GroupId>,
    pub with_details: bool,
    format: Format,
    access: Option<ProfileName>,
    region: Option<Region>,
    profile_template: Option<ProfileTemplate>,
    via: Via,
}

/// Reads parameters, and collects their errors.
struct Reader<'a> {
    request: &'a Request<'a>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn wrong(&mut self, name: &str, code: &'static str, rule: Rule) {
        self.errors.push(FieldError::of(name, code, rule));
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> Result<T, FieldError>,
    ) -> Option<T> {
        let value = parse(self.request.query(name)?.to_owned());
        value
            .map_err(|error| self.errors.push(error.within(name)))
            .ok()
    }

    fn boolean(&mut self, name: &str) -> bool {
        match self.request.query(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.wrong(name, "invalid", Rule::MustBeBoolean);
                false
            }
        }
    }

    fn format(&mut self) -> Option<Format> {
        let Some(name) = self.request.query("format") else {
            self.wrong("format", "required", Rule::Required);
            return None;
        };
        let format = Format::parse(name);
        if format.is_none() {
            let values = Alternatives::of(Format::ALL.map(Format::as_str));
            self.wrong("format", "invalid", Rule::MustBeOneOf { values });
        }
        format
    }

    fn via(&mut self) -> Option<Via> {
        match self.request.query("via").unwrap_or(Via::CREDENTIAL_PROCESS) {
            Via::CREDENTIAL_PROCESS => {
                let command = self.parsed("command", CredentialCommand::parse);
                Some(Via::CredentialProcess(command.unwrap_or_default()))
            }
            Via::SWITCH_ROLE => {
                let profile = self.request.query("source_profile").unwrap_or("default");
                let profile = SourceProfile::parse(profile)
                    .map_err(|error| self.errors.push(error.within("source_profile")));
                let is_user = self.boolean("source_is_user");
                let mfa_device = self.parsed("mfa_device", MfaDevice::parse);
                Some(Via::SwitchRole(SwitchFrom {
                    profile: profile.ok()?,
                    is_user,
                    mfa_device,
                }))
            }
            _ => {
                let values = Alternatives::of([Via::CREDENTIAL_PROCESS, Via::SWITCH_ROLE]);
                self.wrong("via", "invalid", Rule::MustBeOneOf { values });
                None
            }
        }
    }

    /// Parameters that would have no effect.
    fn check_uses(&mut self, format: Format, via: &Via) {
        let is_config = format == Format::AwsConfig;
        let is_process = matches!(via, Via::CredentialProcess(_));
        let uses = [
            ("via", is_config),
            ("region", is_config),
            ("command", is_config && is_process),
            ("source_profile", is_config && !is_process),
            ("source_is_user", is_config && !is_process),
            ("mfa_device", is_config && !is_process),
            ("access", !is_config || is_process),
            ("profile_template", format.has_profiles()),
        ];
        for (name, is_used) in uses {
            if !is_used && self.request.query(name).is_some() {
                self.wrong(name, "not_applicable", Rule::NotForThisExport);
            }
        }
        // Each connection has one profile.
        if format == Format::Steampipe && self.request.query("access").is_none() {
            self.wrong("access", "required", Rule::Required);
        }
    }
}

impl Asked {
    /// # Errors
    /// `invalid_request` that names each invalid parameter.
    pub fn read(request: &Request<'_>, service: &Service) -> Result<Self, Problem> {
        let errors = Vec::new();
        let mut reader = Reader { request, errors };
        let (format, via) = (reader.format(), reader.via());
        let tenant = reader.parsed("tenant", |name| Tenant::parse(&name));
        let group_id = reader.parsed("group_id", GroupId::parse);
        let access = reader.parsed("access", ProfileName::parse);
        let region = reader.parsed("region", |code| {
            let region = service.region(&code);
            region.map_err(|rule| FieldError::new("invalid", rule))
        });
        let profile_template = reader.parsed("profile_template", ProfileTemplate::parse);
        let with_details = reader.boolean("details");
        if let (Some(format), Some(via)) = (format, &via) {
            reader.check_uses(format, via);
        }
        match (format, via) {
            (Some(format), Some(via)) if reader.errors.is_empty() => Ok(Self {
                tenant,
                group_id,
                with_details,
                format,
                access,
                region,
                profile_template,
                via,
            }),
            _ => Err(Problem::fields(reader.errors)),
        }
    }

    pub fn options(self, scope: Scope) -> Options {
        Options {
            format: self.format,
            scope,
            access: self.access,
            region: self.region,
            profile_template: self.profile_template,
            via: self.via,
        }
    }
}
