//! Parsed AWS identifiers: accounts, Regions, ARNs, external IDs.

mod account;
mod arn;
mod iam;
pub mod regions;
mod stack;

pub use account::{AwsAccountId, ExternalId};
pub(crate) use arn::{is_iam_name, split_arn};
pub use iam::{
    InstanceProfileArn, MANAGED_POLICIES_PER_ROLE, PolicyArn, Role, RoleArn, RoleUniqueId,
};
pub use regions::{Partition, Region};
pub use stack::{Nested, SeenStack, StackId, is_stack_name};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn role_arn_parses_into_account_and_path() {
        let arn =
            RoleArn::parse("arn:aws:iam::222222222222:role/rolecall/x/Role-1").expect("valid");
        assert_eq!(arn.account().as_str(), "222222222222");
        assert_eq!(arn.name(), "Role-1");
        assert!(arn.is_under_rolecall());
        let elsewhere = RoleArn::parse("arn:aws:iam::222222222222:role/rolecaller").expect("valid");
        assert!(!elsewhere.is_under_rolecall());
    }

    #[test]
    fn invalid_role_arn_is_rejected() {
        for bad in [
            "",
            "arn:aws:iam::222222222222:user/x",
            "arn:aws:iam::22222222222:role/x",
            "arn:aws:iam:us-east-1:222222222222:role/x",
            "arn:aws:iam::222222222222:role/",
            "arn:aws:iam::222222222222:role/a b",
            "arn:evil:iam::222222222222:role/x",
        ] {
            assert!(RoleArn::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn stack_id_parses_and_requires_matching_partition() {
        let id =
            StackId::parse("arn:aws-cn:cloudformation:cn-north-1:222222222222:stack/rc-1/ab-12")
                .expect("valid");
        assert_eq!((id.name(), id.region().as_str()), ("rc-1", "cn-north-1"));
        for bad in [
            "arn:aws:cloudformation:cn-north-1:222222222222:stack/rc/ab",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/rc",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/rc/ab/cd",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/1rc/ab",
            "arn:aws:cloudformation:us-east-1:222222222222:stack/r'c/ab",
        ] {
            assert!(StackId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn wrong_external_id_is_valid_but_different() {
        let right = ExternalId::from_random([7; 20]);
        assert_ne!(right.wrong(), right);
        assert!(ExternalId::parse(right.wrong().as_str()).is_ok());
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in ".{0,300}") {
            let _ = RoleArn::parse(text.clone());
            let _ = StackId::parse(text.clone());
            let _ = Region::parse(text.clone());
            let _ = ExternalId::parse(text);
        }
    }
}
