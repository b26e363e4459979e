//! `rolecall context`.

use clap::{Args, Subcommand};

use crate::context;
use crate::ids;

#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// List contexts
    List,
    /// Make a context the current one
    Use(Name),
    /// Create or change a context
    Set(SetContext),
    /// Remove a context, and its tokens from this machine
    Remove(Name),
}

#[derive(Debug, Args)]
pub struct Name {
    /// Context name
    #[arg(value_parser = context::name)]
    pub name: String,
}

/// The hub's URL is the global option `--api-url`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  $ rolecall context set staging --api-url https://...
  $ rolecall context set staging --group Production")]
pub struct SetContext {
    #[command(flatten)]
    pub name: Name,
    /// OIDC issuer of the hub's tokens [default: from the hub's metadata]
    #[arg(long, value_name = "URL", requires = "client_id")]
    pub issuer: Option<String>,
    /// OIDC client of the command line [default: from the hub's metadata]
    #[arg(long, value_name = "ID", requires = "issuer")]
    pub client_id: Option<String>,
    /// Group of new registrations, unless a command names one: its ID or its name
    #[arg(long, value_name = "GROUP", value_parser = ids::group_or_name)]
    pub group: Option<String>,
    /// Remove the group of new registrations from the context
    #[arg(long, conflicts_with = "group")]
    pub no_group: bool,
}
