//! The operator, who publishes other access profiles now and then, and the templates that stacks use.

use crate::hub::identity;
use crate::world::World;
use rolecall_domain::link::template::TemplateId;
use rolecall_domain::template::{Offering, Template};
use rolecall_testing::offering;
use serde_json::{Value, json};
use std::rc::Rc;

/// The names of all profiles that are ever published.
pub const PROFILES: [&str; 2] = ["inventory", "backup"];

fn profile(actions: &[&str], managed: &[&str]) -> Value {
    let words = |en: &str| json!({"en": en, "ja": "説明"});
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({
        "title": words("Some access"),
        "explain": words("Allows some actions."),
        "policy": {"Version": "2012-10-17", "Statement": [statement]},
        "managed_policies": managed,
    })
}

fn any_offering(world: &World) -> Offering {
    let audit = ["arn:aws:iam::aws:policy/SecurityAudit"];
    let narrow = profile(&["ec2:DescribeInstances"], &[]);
    let wide = profile(&["ec2:Describe*"], &audit);
    let backup = profile(&["ec2:CreateSnapshot"], &[]);
    let file = match world.machine.below(4) {
        0 => json!({"profiles": {"inventory": narrow}, "default": ["inventory"]}),
        1 => json!({"profiles": {"inventory": wide, "backup": backup}, "default": ["inventory"]}),
        2 => json!({"profiles": {"backup": backup}, "default": []}),
        _ => json!({"profiles": {"inventory": wide}, "default": ["inventory"]}),
    };
    offering(&identity(), &file)
}

pub fn arrive(world: &Rc<World>) {
    world.store.publish(any_offering(world));
    let acting = Rc::clone(world);
    world.act(async move {
        for _ in 0..acting.machine.below(4) {
            acting.pause(600, 24 * 3600).await;
            acting.note(|| "the operator publishes".to_owned());
            acting.store.publish(any_offering(&acting));
        }
    });
}

impl World {
    /// The hub's record of the template in a stack's properties.
    pub fn template(&self, properties: &Value) -> Option<Template> {
        let id = TemplateId::parse(properties["TemplateId"].as_str()?).ok()?;
        self.store.template_on_record(&id)
    }

    /// Another template for an update: one that the API showed, or an edited one.
    pub fn another_template(&self) -> TemplateId {
        let shown: Vec<TemplateId> = self.book.borrow().shown.iter().cloned().collect();
        if shown.is_empty() || self.perhaps(200) {
            return TemplateId::of(&self.new_name("edited"));
        }
        let at = usize::try_from(self.machine.below(shown.len() as u64));
        shown[at.unwrap_or(0)].clone()
    }
}
