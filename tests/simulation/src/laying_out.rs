//! The initial state of a stack, with or without a flaw.

use crate::cloudformation::{Link, MADE_UP, StackOwner};
use crate::customers::Stack;
use crate::world::World;
use rolecall_domain::aws::StackId;
use serde_json::{Value, json};
use std::rc::Rc;

/// What is wrong with a stack from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// STS accepts the role only after some time.
    Propagates,
    Unassumable,
    EditedExternalId,
    EditedToken,
    WrongProperty,
    AnyExternalId,
}

const FLAWS: [Flaw; 12] = [
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::Propagates,
    Flaw::Propagates,
    Flaw::Unassumable,
    Flaw::EditedExternalId,
    Flaw::EditedToken,
    Flaw::WrongProperty,
    Flaw::AnyExternalId,
];

impl Flaw {
    /// Applies the creator's changes to the properties.
    fn spoil(self, properties: &mut Value) {
        match self {
            Self::EditedExternalId => properties["ExternalId"] = json!("chosen-by-the-customer"),
            Self::EditedToken => properties["RegistrationToken"] = json!("reg_0.unknown"),
            Self::WrongProperty => properties["RoleArn"] = json!(["not", "text"]),
            _ => {}
        }
    }
}

impl StackOwner {
    /// The stack with its role, and the properties of its custom resource.
    pub fn prepare(world: &Rc<World>, link: &Link, aws_account: &str) -> Self {
        let flaw = world.any(&FLAWS);
        let (region, name) = (&link.region, &link.stack_name);
        let number = world.new_name("s");
        let id = format!("arn:aws:cloudformation:{region}:{aws_account}:stack/{name}/{number}");
        let id = StackId::parse(id).expect("valid");
        let assumable = !matches!(flaw, Flaw::Propagates | Flaw::Unassumable);
        let (role, made) = world.new_role(&id, &link.external_id, assumable);
        world.aws.create_stack(&id, &role, made);
        world.aws.change_role(&role, |it| {
            it.enforces_external_id = flaw != Flaw::AnyExternalId
        });
        if flaw == Flaw::Propagates {
            let (world, role) = (Rc::clone(world), role.clone());
            world.clone().act(async move {
                world.pause(1, 90).await;
                if world.aws_has(&role) {
                    world.set_role(&role, true);
                }
            });
        }
        let mut properties = json!({
            "ServiceToken": format!("arn:aws:sns:{region}:111111111111:rolecall-registration"),
            "RegistrationToken": link.token,
            "ExternalId": link.external_id,
            "RoleArn": role,
            "TemplateVersion": "1.0.0",
        });
        flaw.spoil(&mut properties);
        world.note(|| format!("{} creates {id} with {flaw:?}", link.tenant));
        let stack = Stack {
            role,
            is_served: world.perhaps(850),
            is_deleted: false,
            leaving_since: None,
            is_in_trouble: false,
            delete_handled: false,
            preflight_delete_handled: false,
            is_lost: false,
            callback_dropped: false,
            looks_deleted: false,
        };
        world
            .customers
            .borrow_mut()
            .stacks
            .insert(id.clone(), stack);
        Self {
            world: Rc::clone(world),
            link: link.clone(),
            id,
            properties,
            physical_id: MADE_UP.to_owned(),
            is_made: false,
            preflight: None,
        }
    }
}
