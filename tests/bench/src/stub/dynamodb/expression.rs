//! Condition and update expressions for top-level attributes. Nested paths are not supported.

use serde_json::{Map, Value, json};

use super::Item;

/// An expression that the stub does not support.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) String);

/// The item, names and values that an expression can use.
pub(super) struct Scope<'a> {
    item: Option<&'a Item>,
    names: Option<&'a Map<String, Value>>,
    values: Option<&'a Map<String, Value>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(request: &'a Value, item: Option<&'a Item>) -> Self {
        Self {
            item,
            names: request["ExpressionAttributeNames"].as_object(),
            values: request["ExpressionAttributeValues"].as_object(),
        }
    }

    fn name<'b>(&'b self, token: &'b str) -> &'b str {
        let named = self.names.and_then(|names| names.get(token));
        named.and_then(Value::as_str).unwrap_or(token)
    }

    /// The value of a placeholder, or an attribute of the item.
    fn operand(&self, token: &str) -> Option<&Value> {
        match token.starts_with(':') {
            true => self.values?.get(token),
            false => self.item?.get(self.name(token)),
        }
    }
}

/// Evaluates a condition.
pub(super) fn holds(condition: &str, scope: &Scope<'_>) -> Result<bool, Malformed> {
    let tokens = tokens(condition);
    let mut parser = Parser {
        rest: &tokens,
        scope,
    };
    let holds = parser.any();
    holds
        .filter(|_| parser.rest.is_empty())
        .ok_or_else(|| Malformed(condition.to_owned()))
}

/// Returns the item after an update.
pub(super) fn update(update: &str, scope: &Scope<'_>, start: Item) -> Result<Item, Malformed> {
    let tokens = tokens(update);
    let mut parser = Parser {
        rest: &tokens,
        scope,
    };
    let mut item = start;
    let done = parser.clauses(&mut item);
    done.map(|()| item)
        .ok_or_else(|| Malformed(update.to_owned()))
}

struct Parser<'a> {
    rest: &'a [String],
    scope: &'a Scope<'a>,
}

/// Splits an expression into words, operators and other characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut kind = 0;
    for c in text.chars() {
        let now = match c {
            c if c.is_ascii_alphanumeric() || "_#:".contains(c) => 1,
            '<' | '>' | '=' => 2,
            c if c.is_whitespace() => 0,
            _ => 3,
        };
        match tokens.last_mut() {
            Some(last) if now == kind && now != 3 && now != 0 => last.push(c),
            _ if now != 0 => tokens.push(c.to_string()),
            _ => {}
        }
        kind = now;
    }
    tokens
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first.as_str())
    }

    fn takes(&mut self, token: &str) -> bool {
        let takes = self.rest.first().is_some_and(|first| first == token);
        if takes {
            self.rest = &self.rest[1..];
        }
        takes
    }

    fn expects(&mut self, token: &str) -> Option<()> {
        self.takes(token).then_some(())
    }

    fn any(&mut self) -> Option<bool> {
        let mut holds = self.all()?;
        while self.takes("OR") {
            holds |= self.all()?;
        }
        Some(holds)
    }

    fn all(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.takes("AND") {
            holds &= self.one()?;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("NOT") {
            return self.one().map(|holds| !holds);
        }
        if self.takes("(") {
            let holds = self.any()?;
            self.expects(")")?;
            return Some(holds);
        }
        let first = self.next()?;
        match first {
            "attribute_exists" => self.argument().map(|it| it.is_some()),
            "attribute_not_exists" => self.argument().map(|it| it.is_none()),
            "begins_with" => {
                self.expects("(")?;
                let text = self.operand()?.and_then(|value| value["S"].as_str());
                self.expects(",")?;
                let start = self.operand()?.and_then(|value| value["S"].as_str());
                self.expects(")")?;
                Some(
                    text.zip(start)
                        .is_some_and(|(text, start)| text.starts_with(start)),
                )
            }
            left => {
                let left = self.scope.operand(left);
                let operator = self.next()?;
                if operator == "IN" {
                    return self.list(left);
                }
                let right = self.operand()?;
                match left.zip(right) {
                    Some((left, right)) => compare(left, operator, right),
                    None => Some(false),
                }
            }
        }
    }

    /// Whether the value is in the list that follows.
    fn list(&mut self, value: Option<&Value>) -> Option<bool> {
        self.expects("(")?;
        let mut holds = false;
        loop {
            let one = self.operand()?;
            holds |= value.is_some() && value == one;
            if !self.takes(",") {
                break;
            }
        }
        self.expects(")")?;
        Some(holds)
    }

    fn operand(&mut self) -> Option<Option<&'a Value>> {
        let token = self.next()?;
        Some(self.scope.operand(token))
    }

    fn argument(&mut self) -> Option<Option<&'a Value>> {
        self.expects("(")?;
        let operand = self.operand()?;
        self.expects(")")?;
        Some(operand)
    }

    fn clauses(&mut self, item: &mut Item) -> Option<()> {
        while let Some(clause) = self.next() {
            loop {
                let name = self.next()?;
                let name = self.scope.name(name).to_owned();
                match clause {
                    "SET" => {
                        self.expects("=")?;
                        let value = self.assigned()?;
                        item.insert(name, value);
                    }
                    "REMOVE" => {
                        item.remove(&name);
                    }
                    "ADD" | "DELETE" => {
                        let members = self.operand()??;
                        if let Some(more) = members["N"].as_str() {
                            add_number(item, &name, more)?;
                        } else {
                            change_set(item, name, members, clause == "ADD")?;
                        }
                    }
                    _ => return None,
                }
                if !self.takes(",") {
                    break;
                }
            }
        }
        Some(())
    }

    /// The right-hand side of a `SET`: a value, or the sum of two numbers.
    fn assigned(&mut self) -> Option<Value> {
        let first = self.value()?;
        if !self.takes("+") {
            return Some(first);
        }
        let number = |value: &Value| value["N"].as_str()?.parse::<i64>().ok();
        let sum = number(&first)? + number(&self.value()?)?;
        Some(json!({"N": sum.to_string()}))
    }

    fn value(&mut self) -> Option<Value> {
        if !self.takes("if_not_exists") {
            return self.operand()?.cloned();
        }
        self.expects("(")?;
        let present = self.operand()?;
        self.expects(",")?;
        let otherwise = self.operand()?;
        self.expects(")")?;
        present.or(otherwise).cloned()
    }
}

fn compare(left: &Value, operator: &str, right: &Value) -> Option<bool> {
    let number = |value: &Value| value["N"].as_str()?.parse::<f64>().ok();
    let text = |value: &Value| value["S"].as_str().map(str::to_owned);
    let order = match (number(left), number(right)) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        _ => text(left)
            .zip(text(right))
            .map(|(left, right)| left.cmp(&right)),
    };
    Some(match operator {
        "=" => left == right,
        "<>" => left != right,
        "<" => order.is_some_and(|order| order.is_lt()),
        "<=" => order.is_some_and(|order| order.is_le()),
        ">" => order.is_some_and(|order| order.is_gt()),
        ">=" => order.is_some_and(|order| order.is_ge()),
        _ => return None,
    })
}

/// A missing attribute counts as zero.
fn add_number(item: &mut Item, name: &str, more: &str) -> Option<()> {
    let number = |text: &str| text.parse::<i64>().ok();
    let before = item.get(name).and_then(|value| value["N"].as_str());
    let sum = before.map_or(Some(0), number)? + number(more)?;
    item.insert(name.to_owned(), json!({"N": sum.to_string()}));
    Some(())
}

/// Adds or removes members of a string set. An empty set removes the attribute.
fn change_set(item: &mut Item, name: String, members: &Value, add: bool) -> Option<()> {
    let members = members["SS"].as_array()?;
    let present = item.get(&name).and_then(|value| value["SS"].as_array());
    let mut all: Vec<Value> = present.cloned().unwrap_or_default();
    all.retain(|member| !members.contains(member));
    if add {
        all.extend(members.iter().cloned());
    }
    if all.is_empty() {
        item.remove(&name);
    } else {
        item.insert(name, json!({"SS": all}));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        let item = json!({"pk": {"S": "p"}, "n": {"N": "10"}, "set": {"SS": ["a"]}});
        item.as_object().cloned().expect("an object")
    }

    fn request() -> Value {
        json!({
            "ExpressionAttributeNames": {"#pk": "pk", "#n": "n", "#set": "set", "#gone": "gone", "#m": "m"},
            "ExpressionAttributeValues": {
                ":p": {"S": "p"}, ":nine": {"N": "9"}, ":ten": {"N": "10"},
                ":a": {"SS": ["a"]}, ":b": {"SS": ["b"]},
            },
        })
    }

    #[test]
    fn conditions_evaluate_as_in_dynamodb() {
        let (request, item) = (request(), item());
        let scope = Scope::new(&request, Some(&item));
        for (condition, expected) in [
            ("attribute_not_exists(#pk)", false),
            (
                "attribute_exists(#pk) AND (attribute_not_exists(#gone) OR #gone <= :nine)",
                true,
            ),
            ("#n = :ten", true),
            ("#n <= :nine", false),
            ("#n > :nine", true),
            ("#gone <= :ten", false),
            ("NOT #n = :ten OR #set = :a", true),
            ("pk = :p AND begins_with(pk, :p)", true),
            ("#n IN (:nine, :ten)", true),
            ("#n IN (:nine)", false),
            ("#gone IN (:nine, :ten)", false),
        ] {
            assert_eq!(holds(condition, &scope), Ok(expected), "{condition}");
        }
        let nothing = Scope::new(&request, None);
        assert_eq!(holds("attribute_not_exists(#pk)", &nothing), Ok(true));
    }

    #[test]
    fn unsupported_expression_is_an_error() {
        let request = request();
        let scope = Scope::new(&request, None);
        for condition in ["size(#pk) > :nine", "#pk", "(#n = :ten", "#n = :ten #n"] {
            assert!(holds(condition, &scope).is_err(), "{condition}");
        }
        assert!(update("SET #n", &scope, item()).is_err());
        assert!(update("SET #n = #pk + :nine", &scope, item()).is_err());
    }

    #[test]
    fn updates_set_add_delete_and_remove() {
        let (request, start) = (request(), item());
        let scope = Scope::new(&request, Some(&start));
        let after =
            |text: &str| update(text, &scope, start.clone()).expect("a supported expression");
        assert_eq!(
            after("SET #n = :nine, #gone = :p")["gone"],
            json!({"S": "p"})
        );
        assert_eq!(
            after("SET #n = if_not_exists(#n, :nine)")["n"],
            json!({"N": "10"})
        );
        assert_eq!(after("SET #n = #n + :nine")["n"], json!({"N": "19"}));
        assert_eq!(after("ADD #m :nine")["m"], json!({"N": "9"}));
        assert_eq!(after("ADD #set :b")["set"], json!({"SS": ["a", "b"]}));
        assert!(!after("DELETE #set :a").contains_key("set"));
        assert!(!after("REMOVE #n").contains_key("n"));
    }
}
