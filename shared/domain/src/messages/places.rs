//! The place where a policy must be changed.

use super::{Optional, messages};

messages! {
    /// A policy that must be changed, with its place.
    pub enum Place {
        PermissionsBoundary { arn: Optional } => {
            en: "the role's permissions boundary{arn}",
            ja: "ロールのアクセス許可の境界{arn}",
        }
        ServiceControl { arn: Optional } => {
            en: "the service control policy (SCP){arn} of the AWS organization",
            ja: "AWS Organizationsのサービスコントロールポリシー{arn}",
        }
        ResourceControl { arn: Optional } => {
            en: "the resource control policy (RCP){arn} of the AWS organization",
            ja: "AWS Organizationsのリソースコントロールポリシー{arn}",
        }
        Session { arn: Optional } => {
            en: "the session policy{arn}",
            ja: "セッションポリシー{arn}",
        }
        VpcEndpoint { arn: Optional } => {
            en: "the VPC endpoint policy{arn}",
            ja: "VPCエンドポイントポリシー{arn}",
        }
        IdentityBased { arn: Optional } => {
            en: "the role's policies{arn}",
            ja: "ロールのポリシー{arn}",
        }
        ResourceBased { arn: Optional } => {
            en: "the resource's policy{arn}",
            ja: "リソースのポリシー{arn}",
        }
        RoleTrust => {
            en: "the role's trust policy",
            ja: "ロールの信頼ポリシー",
        }
    }
}
