//! The AWS calls that inspect a role and its stack. Independent calls run concurrently.

use crate::{Env, TemplateCache, UseCaseError};
use futures_util::future::join_all;
use futures_util::join;
use rolecall_domain::aws::{ExternalId, Role, RoleArn, StackId};
use rolecall_domain::check::ObservedRole;
use rolecall_domain::check::companion::proof;
use rolecall_domain::check::given::{former_versions, is_customers};
use rolecall_domain::check::is_worth_probing;
use rolecall_domain::check::quick::QuickCheck;
use rolecall_domain::check::{
    AssumeOutcome, Expected, ManagedPolicy, Observed, Read, RoleFacts, StackFacts,
};
use rolecall_domain::companion::DeployedRole;
use rolecall_domain::companion::expected::ExpectedRole;
use rolecall_domain::ports::{AssumeRole, Assumed, IamReader, StackReader};
use rolecall_domain::record::evidence::EvidenceKind;
use rolecall_domain::template::Template;
use std::collections::{BTreeMap, BTreeSet};

/// Inspects the role and its stack. The negative probes run only after AssumeRole with the external
/// ID has succeeded, because a role that can't be assumed at all would also reject the probes. All
/// calls after the first AssumeRole run concurrently.
///
/// Returns the record of the template that the stack reports, or else of the one that is expected.
///
/// # Errors
/// If the store fails.
pub(super) async fn observe(
    env: &impl Env,
    expected: &Expected,
    templates: &TemplateCache,
) -> Result<(Observed, Option<Template>), UseCaseError> {
    let (customers, store) = (env.customers(), env.store());
    if !is_worth_probing(expected) {
        let template = templates.template(store, &expected.template_id).await?;
        return Ok((Observed::default(), template));
    }
    let (role, stack) = (&expected.role_arn, &expected.stack_id);
    let external_id = &expected.external_id;
    let (template, assumed) = join!(
        templates.template(store, &expected.template_id),
        customers.assume(role, external_id)
    );
    let mut template = template?;
    let (session, granted) = match assumed {
        Assumed::Granted { session, granted } => (session, granted),
        Assumed::Not(outcome) => {
            let observed = Observed {
                assume: Some(outcome),
                ..Observed::default()
            };
            return Ok((observed, template));
        }
    };
    let wrong = external_id.wrong();
    let reported = of_template(&expected.deployed_roles, template.as_ref());
    let own = template.as_ref().map(Template::policy_names);
    let own = own.unwrap_or_else(|| expected.own_policies());
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let (without, with_wrong, stack_facts, stack_roles, role_facts, attached, inline, reported) = join!(
        customers.try_assume(role, None),
        customers.try_assume(role, Some(&wrong)),
        customers.stack(&session, stack, external_id),
        customers.stack_roles(&session, stack),
        customers.role(&session, role),
        customers.attached_policies(&session, role),
        customers.inline_policies(&session, role, &own),
        companions(customers, &session, &reported),
    );
    // The stack was updated without a callback, or its update has not been reported yet. The outputs
    // of a stack that is being changed are those of its former template.
    let settled = stack_facts.seen().filter(|stack| stack.status.is_settled());
    let other = settled.and_then(|stack| stack.template_id.as_ref());
    if let Some(other) = other.filter(|other| **other != expected.template_id) {
        template = templates.template(store, other).await?;
    }
    let stack_facts = match stack_facts {
        Read::Seen(stack) => Read::Seen(stack.of_template(template.as_ref())),
        unseen => unseen,
    };
    let made = expected.deployed_roles_now(&stack_facts);
    let made = of_template(&made, template.as_ref());
    let denied = is_denied(&stack_facts)
        || is_denied(&stack_roles)
        || is_denied(&attached)
        || is_denied(&inline);
    let given = stack_facts.seen().map(|stack| &stack.managed_policy_arns);
    let (further_policies, given_policies, gone_policies, boundary, companions) = join!(
        further_policies(customers, &session, &stack_facts, &attached),
        given_policies(customers, &session, &attached, given),
        gone_policies(customers, &session, &attached, given),
        boundary(customers, &session, &role_facts, denied),
        companions_by_now(customers, &session, made, reported)
    );
    let companions = proven(expected, companions, &stack_facts, &stack_roles);
    let observed = Observed {
        assume: Some(AssumeOutcome::Granted(granted)),
        assume_without_external_id: Some(without),
        assume_with_wrong_external_id: Some(with_wrong),
        stack: Some(stack_facts),
        stack_roles: Some(stack_roles),
        role: Some(role_facts),
        attached_policies: Some(attached),
        further_policies,
        given_policies,
        gone_policies,
        gone_versions: BTreeSet::new(),
        inline_policies: Some(inline),
        boundary,
        companions: Some(companions),
    };
    Ok((observed, template))
}

/// The roles with their options in this template.
fn of_template(roles: &[DeployedRole], template: Option<&Template>) -> Vec<DeployedRole> {
    let each = roles.iter().cloned().map(|role| {
        let options = template.and_then(|template| template.options_of(role.kind));
        role.with_options(options)
    });
    each.collect()
}

fn is_denied<T>(read: &Read<T>) -> bool {
    matches!(read, Read::Denied(_))
}

/// The document of the role's permissions boundary, if the boundary may be the reason for a denial.
async fn boundary<C: IamReader>(
    customers: &C,
    session: &C::Session,
    role: &Read<RoleFacts>,
    denied: bool,
) -> Option<String> {
    let arn = role.seen()?.boundary_arn.as_ref().filter(|_| denied)?;
    let policy = customers.managed_policy(session, arn).await;
    policy.seen().map(|policy| policy.document.clone())
}

/// Updates each role with the results of this inspection.
fn proven(
    expected: &Expected,
    companions: Companions,
    facts: &Read<StackFacts>,
    roles: &Read<BTreeSet<String>>,
) -> Companions {
    let stack = proof::Stack { facts, roles };
    let (recorded, source) = (&expected.recorded_roles, expected.source(facts));
    let each = companions.into_iter().map(|(made, seen)| {
        let made = made.after_check_of_stack(recorded, source, stack, &seen);
        (made, seen)
    });
    each.collect()
}

type Companions = Vec<(DeployedRole, ObservedRole)>;

async fn companions<C: IamReader>(
    customers: &C,
    session: &C::Session,
    made: &[DeployedRole],
) -> Companions {
    let each = made.iter().map(async |made| {
        let seen = companion(customers, session, made).await;
        (made.clone(), seen)
    });
    join_all(each).await
}

async fn companion<C: IamReader>(
    customers: &C,
    session: &C::Session,
    made: &DeployedRole,
) -> ObservedRole {
    let role = &made.role_arn;
    let names: Vec<&str> = made.kind.inline.iter().map(|inline| inline.name).collect();
    let (facts, attached, inline, instance_profile) = join!(
        customers.role(session, role),
        customers.attached_policies(session, role),
        customers.inline_policies(session, role, &names),
        async {
            let profile = made.instance_profile_arn.as_ref()?;
            Some(customers.instance_profile(session, profile).await)
        }
    );
    let chosen = ExpectedRole::of(made).map(|intended| intended.managed);
    let (further, given, gone) = join!(
        texts_beyond(customers, session, &attached, chosen.as_ref()),
        given_policies(customers, session, &attached, chosen.as_ref()),
        gone_policies(customers, session, &attached, chosen.as_ref())
    );
    ObservedRole {
        role: facts,
        attached,
        inline,
        instance_profile,
        further,
        given,
        gone,
    }
}

/// The stack's current roles. Those that were reported to the hub have already been read; further
/// ones need another round of calls.
async fn companions_by_now<C: IamReader>(
    customers: &C,
    session: &C::Session,
    made: Vec<DeployedRole>,
    mut reported: Companions,
) -> Companions {
    reported.retain(|(role, _)| made.iter().any(|made| made.reports_the_same(role)));
    let unseen = made
        .iter()
        .filter(|role| !reported.iter().any(|(seen, _)| seen.reports_the_same(role)));
    let unseen: Vec<DeployedRole> = unseen.cloned().collect();
    reported.extend(companions(customers, session, &unseen).await);
    reported
}

/// Further policies are named but not read.
const MAX_READ: usize = 20;

/// The documents of attached policies that the stack did not attach. A healthy role has none, so
/// this costs it no further calls.
async fn further_policies<C: IamReader>(
    customers: &C,
    session: &C::Session,
    stack: &Read<StackFacts>,
    attached: &Read<BTreeSet<String>>,
) -> BTreeMap<String, String> {
    let Read::Seen(stack) = stack else {
        return BTreeMap::new();
    };
    texts_beyond(
        customers,
        session,
        attached,
        Some(&stack.managed_policy_arns),
    )
    .await
}

async fn texts_beyond<C: IamReader>(
    customers: &C,
    session: &C::Session,
    attached: &Read<BTreeSet<String>>,
    expected: Option<&BTreeSet<String>>,
) -> BTreeMap<String, String> {
    let Read::Seen(attached) = attached else {
        return BTreeMap::new();
    };
    let expected = |arn: &&String| expected.is_some_and(|expected| expected.contains(*arn));
    let further = attached.iter().filter(|arn| !expected(arn));
    let read = managed_policies(customers, session, further).await;
    let texts = read.into_iter().map(|(arn, policy)| (arn, policy.document));
    texts.collect()
}

/// Customer-managed policies that were chosen and are attached. Most roles have none, so this costs
/// them no further calls.
async fn given_policies<C: IamReader>(
    customers: &C,
    session: &C::Session,
    attached: &Read<BTreeSet<String>>,
    given: Option<&BTreeSet<String>>,
) -> BTreeMap<String, ManagedPolicy> {
    let (Read::Seen(attached), Some(given)) = (attached, given) else {
        return BTreeMap::new();
    };
    let own = attached.intersection(given).filter(|arn| is_customers(arn));
    managed_policies(customers, session, own).await
}

/// Chosen policies that are not attached and don't exist, so they can't be attached either.
async fn gone_policies<C: IamReader>(
    customers: &C,
    session: &C::Session,
    attached: &Read<BTreeSet<String>>,
    given: Option<&BTreeSet<String>>,
) -> BTreeSet<String> {
    let (Read::Seen(attached), Some(given)) = (attached, given) else {
        return BTreeSet::new();
    };
    let missing = given.difference(attached).take(MAX_READ);
    let each = missing.map(async |arn| {
        let policy = customers.managed_policy(session, arn).await;
        (policy == Read::NotFound).then(|| arn.clone())
    });
    join_all(each).await.into_iter().flatten().collect()
}

/// Policies whose remembered version no longer exists. Only a policy with another default version
/// costs these calls.
pub(super) async fn gone_versions<C: IamReader>(
    customers: &C,
    expected: &Expected,
    observed: &Observed,
) -> BTreeSet<String> {
    let former = former_versions(expected, observed);
    if former.is_empty() {
        return BTreeSet::new();
    }
    let (role, external_id) = (&expected.role_arn, &expected.external_id);
    let Assumed::Granted { session, .. } = customers.assume(role, external_id).await else {
        return BTreeSet::new();
    };
    let each = former.iter().map(async |(arn, version)| {
        let found = customers.has_policy_version(&session, arn, version).await;
        (found == Read::NotFound).then(|| (*arn).to_owned())
    });
    join_all(each).await.into_iter().flatten().collect()
}

async fn managed_policies<C: IamReader>(
    customers: &C,
    session: &C::Session,
    arns: impl Iterator<Item = &String>,
) -> BTreeMap<String, ManagedPolicy> {
    let each = arns.take(MAX_READ).map(async |arn| {
        let policy = customers.managed_policy(session, arn).await;
        Some((arn.clone(), policy.seen()?.clone()))
    });
    join_all(each).await.into_iter().flatten().collect()
}

/// Whether a healthy role still is healthy, as far as two calls can show. The negative probe comes
/// second, because a role that can't be assumed at all would also reject the probe.
pub(crate) async fn quick_check<C: AssumeRole>(
    customers: &C,
    role: &Role,
    external_id: &ExternalId,
) -> QuickCheck {
    let with = match customers.assume(&role.arn, external_id).await {
        Assumed::Granted { granted, .. } => AssumeOutcome::Granted(granted),
        Assumed::Not(outcome) => outcome,
    };
    match QuickCheck::of_positive(role, &with) {
        Some(quick_check) => quick_check,
        None => QuickCheck::of_negative(&customers.try_assume(&role.arn, None).await),
    }
}

/// Evidence about an orphaned stack: its status, or the rejection of the role. `None` if AWS
/// returned no usable response, which proves neither.
pub(crate) async fn inspect_orphan<C: StackReader>(
    customers: &C,
    role: &RoleArn,
    stack: &StackId,
    external_id: &ExternalId,
) -> Option<EvidenceKind> {
    let observed = match customers.assume(role, external_id).await {
        Assumed::Granted { session, granted } => Observed {
            assume: Some(AssumeOutcome::Granted(granted)),
            stack: Some(customers.stack(&session, stack, external_id).await),
            ..Observed::default()
        },
        Assumed::Not(outcome) => Observed {
            assume: Some(outcome),
            ..Observed::default()
        },
    };
    EvidenceKind::of(&observed)
}
