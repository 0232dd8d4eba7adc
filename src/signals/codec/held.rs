//! How what an account holds back is written and read: a gap in its balances, and outflows. It has no bound.

use super::{Reader, Tail, bits, floats, halves, pair, unpair, whole};
use crate::signals::event::{Kind, Print};
use crate::signals::money::Money;
use crate::signals::pending::{Gap, Origin, Outflow, Pending};

impl Tail<'_> {
    pub(super) fn pending(&mut self, pending: &Pending) {
        let Pending { gap, outflows } = pending;
        self.words([pair(gap.is_some().into(), outflows.len() as u16)]);
        if let Some(Gap { due_ms, amount, wallet, left, taken, new_payee, told, origin }) = gap {
            [*due_ms, amount.0, left.0].into_iter().for_each(|number| self.words(halves(number)));
            self.words([wallet.0, taken.to_bits(), u32::from(*new_payee) | u32::from(*told) << 1]);
            self.origin(origin);
        }
        outflows.iter().for_each(|outflow| self.outflow(outflow));
    }

    fn outflow(&mut self, outflow: &Outflow) {
        let Outflow { due_ms, kind, amount, skip, balance, ratio, cash_out_habit, .. } = *outflow;
        let Outflow { payee_days, payee_since_days, payee_count, others, chunks, origin, .. } = outflow;
        [due_ms, amount.0, skip.cast_signed()].into_iter().for_each(|number| self.words(halves(number)));
        let [a, b, c] = bits([balance, ratio, cash_out_habit]);
        let withdrawal = u8::from(kind == Kind::Withdrawal);
        self.words([a, b, c, pair(*payee_days, *payee_since_days)]);
        self.words([u32::from(*others) | u32::from_le_bytes([0, 0, *payee_count, *chunks]), withdrawal.into()]);
        self.origin(origin);
    }

    fn origin(&mut self, origin: &Origin) {
        let ([a, b], [c, d]) = (halves(origin.time_ms), halves(origin.offset));
        let [account, event_id, payee, topic] = origin.names().map(|name| name.len() as u32);
        self.words([a, b, c, d, origin.partition.cast_unsigned(), account, event_id, payee, topic]);
        self.0.extend_from_slice(origin.all_names().as_bytes());
    }
}

impl Reader<'_> {
    pub(super) fn pending(&mut self) -> Option<Pending> {
        let [lengths] = self.words()?;
        let (gaps, outflows) = unpair(lengths);
        let gap = if gaps > 0 { Some(self.gap()?) } else { None };
        let outflows = (0..outflows).map(|_| self.outflow()).collect::<Option<_>>()?;
        Some(Pending { gap, outflows })
    }

    fn gap(&mut self) -> Option<Gap> {
        let (due_ms, amount, left) = (self.long()?, Money(self.long()?), Money(self.long()?));
        let [wallet, taken, bits] = self.words()?;
        Some(Gap {
            due_ms,
            amount,
            wallet: Print(wallet),
            left,
            taken: f32::from_bits(taken),
            new_payee: bits & 1 != 0,
            told: bits & 2 != 0,
            origin: self.origin()?,
        })
    }

    fn outflow(&mut self) -> Option<Outflow> {
        let (due_ms, amount, skip) = (self.long()?, Money(self.long()?), self.long()?.cast_unsigned());
        let [a, b, c, days, more, withdrawal] = self.words()?;
        let [balance, ratio, cash_out_habit] = floats([a, b, c]);
        let (payee_days, payee_since_days) = unpair(days);
        let (others, counts) = unpair(more);
        let [payee_count, chunks] = counts.to_le_bytes();
        Some(Outflow {
            due_ms,
            kind: if withdrawal != 0 { Kind::Withdrawal } else { Kind::TransferOut },
            amount,
            skip,
            balance,
            ratio,
            cash_out_habit,
            payee_days,
            payee_since_days,
            payee_count,
            others,
            chunks,
            origin: self.origin()?,
        })
    }

    fn origin(&mut self) -> Option<Origin> {
        let [a, b, c, d, partition, account, event_id, payee, topic] = self.words()?;
        let place = (partition.cast_signed(), whole([c, d]));
        let mut len: u32 = 0;
        let ends = [account, event_id, payee, topic].map(|name| {
            len = len.saturating_add(name);
            len
        });
        let (names, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Origin::read(whole([a, b]), place, std::str::from_utf8(names).ok()?, ends)
    }

    fn long(&mut self) -> Option<i64> {
        self.words().map(whole)
    }
}
