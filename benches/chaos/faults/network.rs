//! Connections that end, hang, crawl and swallow.

use std::time::Duration;

use crate::field::Field;
use crate::proxy::{Call, Proxy};

/// Until the replies that are to be lost have come.
const LOST: Duration = Duration::from_secs(15);

pub fn cut(field: &mut Field) -> String {
    for _ in 0..field.rng.u32(1..=5) {
        for proxy in field.some_proxies() {
            field.cluster.proxies[proxy].cut();
        }
        let pause = field.between(50, 1_500);
        field.wait(pause);
    }
    String::new()
}

pub fn half_open(field: &mut Field) -> String {
    let proxies = field.some_proxies();
    let each = |field: &Field, act: fn(&Proxy)| proxies.iter().for_each(|&n| act(&field.cluster.proxies[n]));
    each(field, Proxy::stall);
    let time = field.between(3_000, 12_000);
    field.wait(time);
    // What was held is lost with its connection, or arrives at last.
    let dropped = field.rng.bool();
    if dropped {
        each(field, Proxy::cut);
    }
    each(field, Proxy::flow);
    if dropped { "dropped".to_owned() } else { "arrived late".to_owned() }
}

pub fn lose_end_txn(field: &mut Field) -> String {
    lose(field, Call::EndTxn)
}

pub fn lose_other(field: &mut Field) -> String {
    let call = [Call::Produce, Call::AddOffsetsToTxn, Call::TxnOffsetCommit][field.rng.usize(..3)];
    lose(field, call)
}

fn lose(field: &mut Field, call: Call) -> String {
    let count = field.rng.u32(1..=4);
    for proxy in &field.cluster.proxies {
        proxy.lose_replies(call, count);
    }
    field.wait_until(LOST, |field| field.cluster.proxies.iter().map(Proxy::to_lose).sum::<u32>() == 0);
    let left: u32 = field.cluster.proxies.iter().map(Proxy::to_lose).sum();
    field.cluster.proxies.iter().for_each(|proxy| proxy.lose_replies(call, 0));
    format!("{call:?}: {} lost", count * field.cluster.proxies.len() as u32 - left)
}

pub fn slow(field: &mut Field) -> String {
    let proxies = field.some_proxies();
    let delay = field.between(50, 400);
    proxies.iter().for_each(|&n| field.cluster.proxies[n].delay(delay));
    let time = field.between(4_000, 8_000);
    field.wait(time);
    proxies.iter().for_each(|&n| field.cluster.proxies[n].delay(Duration::ZERO));
    format!("{delay:?}")
}
