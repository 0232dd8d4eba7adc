//! What the field of an object or an array says of the values inside: `{"card": {"value": …}}`.

use crate::detect::{Claim, FieldPlan, Nature, Role};
use crate::record::{Class, EntityId, Kind, Scalar};

/// The rule of an object's or array's field, for the values inside that have none of their own.
#[derive(Default)]
pub(super) struct Inherited {
    until: u32,
    field: Option<FieldPlan>,
}

impl Inherited {
    /// Whether a value stands inside of an object or array that has a rule.
    pub(super) fn reaches(&self, scalar: &Scalar) -> bool {
        scalar.span.start < self.until
    }

    /// The rule around a value of which the catalog guesses something, where the config says what becomes of all in it: that
    /// becomes of what is not what its own name says, too (`{"payer": {"user": "siti-77"}}`).
    #[inline]
    pub(super) fn obeyed(&self, scalar: &Scalar, own: FieldPlan) -> Option<FieldPlan> {
        let value = || matches!(scalar.kind, Kind::String | Kind::Number);
        self.field.filter(|around| self.reaches(scalar) && around.action.is_some() && own.guess && value())
    }

    /// The rule of a value: its own, or the one around it. A field that is only known by its name (`card`) says of a
    /// value inside (`brand`) no more than that its digits or its `@` are meant, or what is called a value.
    #[inline]
    pub(super) fn of(&mut self, scalar: &Scalar, own: FieldPlan, is_account: impl Fn(EntityId) -> bool) -> FieldPlan {
        // Most values stand in nothing that has a rule, or have one of their own.
        let ruled = own.entity.is_some() || !own.scan;
        let container = matches!(scalar.kind, Kind::Object | Kind::Array);
        if ruled && !container || !ruled && !self.reaches(scalar) { own } else { self.weighed(scalar, own, is_account) }
    }

    // Plans are large: where they are merged is kept out of the walk.
    #[inline(never)]
    fn weighed(&mut self, scalar: &Scalar, own: FieldPlan, is_account: impl Fn(EntityId) -> bool) -> FieldPlan {
        let container = matches!(scalar.kind, Kind::Object | Kind::Array);
        if own.entity.is_some() || !own.scan {
            // What may be somebody (`contact`) gives way to what is in it and says more.
            let gives_way = self.field.is_some_and(|field| field.claim == Claim::Maybe) && own.claim != Claim::Maybe;
            if container && own.entity.is_some() && (scalar.span.end > self.until || gives_way) {
                (self.until, self.field) = (scalar.span.end, Some(own));
            }
            return own;
        }
        match self.field {
            Some(around) if scalar.span.start < self.until && !container => {
                let valued = scalar.class.has(Class::AT) || scalar.digits >= 4 || own.role == Role::Value;
                let meant = around.action.is_some() || around.claim == Claim::Sure || valued;
                // Of what is not what is around it, its own name tells what its numbers are: `{"client": {"ver": "1.18.30.2"}}`.
                // `{"to_account": {"balance": 125000}}` is no account.
                let amount =
                    own.nature == Nature::Amount && around.action.is_none() && around.entity.is_some_and(is_account);
                if meant && !amount { FieldPlan { nature: own.nature, ..around } } else { own }
            }
            _ => own,
        }
    }
}
