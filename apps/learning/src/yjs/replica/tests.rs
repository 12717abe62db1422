//! What replicas take, refuse and survive.

use std::panic;

use proptest::prelude::*;
use yrs::{Any, Array, ArrayPrelim, GetString, Map, Text, TextRef};

use super::*;
use crate::yjs::encoding::put_number;

/// A client's own document with a text.
struct Client {
    doc: Doc,
    text: TextRef,
}

impl Client {
    fn new(id: u64) -> Self {
        let options = Options {
            client_id: yrs::block::ClientID::new(id),
            offset_kind: OffsetKind::Utf16,
            ..Options::default()
        };
        let doc = Doc::with_options(options);
        let text = doc.get_or_insert_text("text");
        Self { doc, text }
    }

    /// Writes, and gives the update that a provider would send.
    fn write(&self, at: u32, text: &str) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        self.text.insert(&mut transaction, at, text);
        transaction.commit();
        transaction.encode_update_v1()
    }

    fn delete(&self, at: u32, length: u32) -> Vec<u8> {
        let mut transaction = self.doc.transact_mut();
        self.text.remove_range(&mut transaction, at, length);
        transaction.commit();
        transaction.encode_update_v1()
    }

    fn take(&self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    fn state(&self) -> Vec<u8> {
        self.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    fn text(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }
}

impl Replica {
    fn text(&self) -> String {
        self.doc.get_or_insert_text("text").get_string(&self.doc.transact())
    }
}

fn change(applied: Result<Applied, Fault>) -> Bytes {
    match applied {
        Ok(Applied::Change { update, lacks: false }) => update,
        other => panic!("{other:?}"),
    }
}

/// Panics are expected here, and not to be shown.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    panic::set_hook(hook);
    outcome.unwrap_or_else(|panic| panic::resume_unwind(panic))
}

#[test]
fn what_is_new_is_a_change_and_what_is_known_is_none() {
    let (ann, mut replica) = (Client::new(1), Replica::new());
    let first = ann.write(0, "Grüße 🌍");
    assert_eq!(&change(replica.apply(&first))[..], &first[..]);
    assert_eq!(replica.apply(&first), Ok(Applied::Nothing));
    // All of a client's state: only what is new of it is a change.
    ann.write(8, "!");
    let bob = Client::new(2);
    bob.take(&first);
    bob.take(&change(replica.apply(&ann.state())));
    assert_eq!(bob.text(), "Grüße 🌍!");
    assert_eq!(change(replica.apply(&ann.delete(0, 6))).len(), 6);
    assert_eq!(replica.text(), "🌍!");
}

#[test]
fn what_stands_on_something_that_is_not_here_waits_with_its_sender() {
    let (ann, mut replica) = (Client::new(1), Replica::new());
    let (first, second) = (ann.write(0, "a"), ann.write(1, "b"));
    assert_eq!(replica.apply(&second), Ok(Applied::Lacking));
    assert_eq!(replica.state_vector(), Ok(vec![0]));
    change(replica.apply(&ann.state()));
    assert_eq!(replica.text(), "ab");
    assert_eq!(replica.apply(&second), Ok(Applied::Nothing));
    assert_eq!(replica.apply(&first), Ok(Applied::Nothing));
}

#[test]
fn what_stands_on_nothing_waits_too_where_its_client_has_said_something_before() {
    let (ann, mut replica) = (Client::new(1), Replica::new());
    let map = ann.doc.get_or_insert_map("map");
    let write = |key: &str| {
        let mut transaction = ann.doc.transact_mut();
        map.insert(&mut transaction, key, 1);
        transaction.commit();
        transaction.encode_update_v1()
    };
    let (first, second) = (write("a"), write("b"));
    assert_eq!(replica.apply(&second), Ok(Applied::Lacking));
    assert_eq!(replica.state_vector(), Ok(vec![0]));
    change(replica.apply(&first));
    change(replica.apply(&second));
}

#[test]
fn what_waits_for_somebody_else_is_dropped_and_the_rest_is_taken() {
    let (ann, bob, mut replica) = (Client::new(1), Client::new(2), Replica::new());
    let own = bob.write(0, "own");
    let annas = ann.write(0, "Anna's");
    bob.take(&annas);
    let behind = bob.write(3, "behind Anna's");
    assert_eq!(replica.apply(&behind), Ok(Applied::Lacking));
    change(replica.apply(&own));
    // Bob's state without Anna's structs: nothing of it waits here.
    assert_eq!(replica.apply(&behind), Ok(Applied::Lacking));
    assert!(!replica.doc.transact().has_missing_updates());
    // Deletions of what is not here come with what is written.
    let deletion = bob.delete(4, 2);
    assert_eq!(replica.apply(&deletion), Ok(Applied::Lacking));
    change(replica.apply(&bob.state()));
    assert_eq!(replica.text(), bob.text());
}

#[test]
fn a_replica_is_made_anew_from_its_recipe_and_tells_what_somebody_lacks() {
    let (ann, mut replica) = (Client::new(1), Replica::new());
    let mut recipe = Recipe::default();
    for (at, text) in [(0, "one"), (3, " two"), (0, "🌍")] {
        recipe.changes.push(change(replica.apply(&ann.write(at, text))));
    }
    recipe.changes.push(change(replica.apply(&ann.delete(1, 2))));
    let again = Replica::of(&recipe).unwrap();
    assert_eq!(again.text(), ann.text());
    assert_eq!(again.state(), replica.state());
    let folded = Recipe { base: replica.state().unwrap().into(), changes: Vec::new() };
    assert_eq!(Replica::of(&folded).unwrap().text(), ann.text());
    let bob = Client::new(2);
    bob.take(&recipe.changes[0]);
    let known = bob.doc.transact().state_vector().encode_v1();
    bob.take(&replica.missing(&known).unwrap());
    assert_eq!(bob.text(), ann.text());
}

#[test]
fn poison_is_refused_and_leaves_the_replica_whole() {
    let (ann, mut replica) = (Client::new(1), Replica::new());
    change(replica.apply(&ann.write(0, "fine")));
    let mut claims = vec![1, 1, 1, 0, 8];
    put_number(&mut claims, (1 << 53) - 1);
    let poison: [Vec<u8>; 6] = [
        claims,
        vec![0xc2, 0xf7, 0xba, 0x6b, 0x2b],
        vec![0x80, 0x84, 0xaf, 0xbe, 0x01, 0],
        vec![],
        [vec![1, 1, 1, 0, 8, 1, 1, b'a', 1], [117, 1].repeat(100_000), vec![126, 0]].concat(),
        vec![0; UPDATE_BYTES_MAX + 1],
    ];
    for update in poison {
        let fault = replica.apply(&update).unwrap_err();
        assert!(fault.leaves_it_whole(), "{fault:?}");
        assert!(replica.missing(&update).is_err_and(Fault::leaves_it_whole));
    }
    assert_eq!(replica.text(), "fine");
    change(replica.apply(&ann.write(4, "!")));
}

/// Letters behind one another, each a struct of its own: a text as no client sends it.
fn letters(count: u64) -> Vec<u8> {
    let mut update = vec![1];
    put_number(&mut update, count);
    update.extend([1, 0, 4, 1, 1, b'a', 1, b'x']);
    for before in 0..count - 1 {
        update.extend([0x84, 1]);
        put_number(&mut update, before);
        update.extend([1, b'x']);
    }
    update.push(0);
    update
}

/// The same as a list of numbers.
fn numbers(count: u64) -> Vec<u8> {
    let mut update = vec![1];
    put_number(&mut update, count);
    update.extend([1, 0, 8, 1, 1, b'a', 1, 125, 1]);
    for before in 0..count - 1 {
        update.extend([0x88, 1]);
        put_number(&mut update, before);
        update.extend([1, 125, 1]);
    }
    update.push(0);
    update
}

#[test]
fn structs_that_take_long_to_be_joined_are_refused_before_that() {
    let mut replica = Replica::new();
    for update in [letters(30_000), numbers(25_000)] {
        assert!(update.len() < UPDATE_BYTES_MAX);
        assert!(replica.apply(&update).is_err_and(Fault::leaves_it_whole));
    }
    change(Replica::new().apply(&letters(3000)));
    change(Replica::new().apply(&numbers(1000)));
    // What a client wrote letter by letter it sends joined, also all at once.
    let ann = Client::new(1);
    (0..10_000).for_each(|at| drop(ann.write(at, "x")));
    change(replica.apply(&ann.state()));
}

#[test]
fn types_nest_as_deep_as_they_may_and_are_deleted_on_the_threads_they_run_on() {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let run = || {
        let mut replica = Replica::new();
        let (mut at, each) = (0, 10_000);
        while at < TYPES_MAX as u64 {
            change(replica.apply(&nested(at, each)));
            at += each;
        }
        assert_eq!(replica.apply(&nested(at, 1)), Err(Fault::TooLarge));
        change(replica.apply(&[0, 1, 1, 1, 0, 1]));
        // What was deleted is not counted.
        assert!(replica.state().unwrap().len() < 100);
    };
    thread.spawn(run).unwrap().join().unwrap();
}

/// Lists in one another: those from `from` on, `count` of them.
fn nested(from: u64, count: u64) -> Vec<u8> {
    let mut update = vec![1];
    put_number(&mut update, count);
    update.push(1);
    put_number(&mut update, from);
    for at in from..from + count {
        if at == 0 {
            update.extend([7, 1, 1, b'a']);
        } else {
            update.extend([7, 0, 1]);
            put_number(&mut update, at - 1);
        }
        update.push(0);
    }
    update.push(0);
    update
}

#[test]
fn a_document_is_bounded_and_what_is_deleted_makes_room() {
    let (ann, mut replica) = (Client::new(1), Replica::new());
    let page = "x".repeat(UPDATE_BYTES_MAX - 100);
    let mut pages = 0;
    let refused = loop {
        match replica.apply(&ann.write(0, &page)) {
            Ok(_) => pages += 1,
            Err(fault) => break fault,
        }
    };
    assert_eq!((refused, pages), (Fault::TooLarge, STATE_BYTES_MAX / UPDATE_BYTES_MAX));
    let (ann, mut replica) = (Client::new(1), Replica::new());
    for _ in 0..3 * pages {
        change(replica.apply(&ann.write(0, &page)));
        change(replica.apply(&ann.delete(0, u32::try_from(page.len()).unwrap())));
    }
}

#[test]
fn a_panic_within_a_transaction_does_not_end_the_process() {
    // A struct that stands within a pair of surrogates, and more that makes yrs stumble over its own.
    let ann = Client::new(1);
    let base = ann.write(0, "🌍🌍");
    let within = [1, 1, 2, 0, 0xc4, 1, 0, 1, 1, 1, b'x', 0];
    let recipe = Recipe { base: base.into(), changes: Vec::new() };
    quietly(|| {
        let mut replica = Replica::of(&recipe).unwrap();
        let _ = replica.apply(&within);
        let mut replica = Replica::of(&recipe).unwrap();
        let broken = guarded(|| {
            let mut transaction = replica.doc.transact_mut();
            let applied: Result<(), Fault> = guarded(|| panic!("as intended"));
            let committed = guarded(|| {
                transaction.commit();
                Ok(())
            });
            applied.and(committed)
        });
        assert_eq!(broken, Err(Fault::Broken));
        assert!(replica.apply(&[0, 0]).is_ok());
    });
}

/// Updates with something of everything, in the order in which they were made.
fn session() -> Vec<Vec<u8>> {
    let client = Client::new(1);
    let other = Client::new(2);
    let map = client.doc.get_or_insert_map("map");
    let list = client.doc.get_or_insert_array("list");
    let mut updates = vec![client.write(0, "Grüße, 🌍\r\n"), client.write(3, "x")];
    other.take(&updates[0]);
    updates.push(other.write(2, "between"));
    updates.push(client.delete(1, 4));
    let mut transaction = client.doc.transact_mut();
    map.insert(&mut transaction, "n", 5.5);
    map.insert(&mut transaction, "any", Any::from_json(r#"{"a":[1,true,null,"x"]}"#).unwrap());
    list.push_back(&mut transaction, ArrayPrelim::from([1, 2, 3]));
    list.remove(&mut transaction, 0);
    client.text.format(&mut transaction, 0, 3, [("bold".into(), true.into())].into());
    transaction.commit();
    updates.push(transaction.encode_update_v1());
    drop(transaction);
    updates.push(other.state());
    updates.push(client.state());
    updates
}

/// Whatever came of an update: the replica that is left can be encoded and made anew.
fn check(recipe: &mut Recipe, update: &[u8]) -> Result<(), TestCaseError> {
    let mut replica = Replica::of(recipe).unwrap();
    match replica.apply(update) {
        Ok(Applied::Change { update, .. }) => recipe.changes.push(update),
        Ok(Applied::Nothing | Applied::Lacking) => {}
        Err(fault) if fault.leaves_it_whole() => {}
        Err(_) => return Ok(()),
    }
    let again = Replica::of(recipe);
    prop_assert!(again.is_ok());
    prop_assert!(!replica.doc.transact().has_missing_updates());
    let (state, again) = (replica.state(), again.and_then(|again| again.state()));
    prop_assert!(state.is_ok() && again.is_ok());
    prop_assert!(Outline::of(&state.unwrap()).is_ok_and(|outline| !outline.has_gaps));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn mutated_updates_poison_nothing(
        mutations in prop::collection::vec(
            (0_usize..7, prop::collection::vec((0_usize..300, any::<u8>(), 0_u8..4), 0..4)), 1..8,
        ),
    ) {
        let updates = session();
        let mut recipe = Recipe::default();
        let mut outcome = Ok(());
        quietly(|| {
            for (which, changes) in mutations {
                let mut update = updates[which].clone();
                for (at, byte, how) in changes {
                    let at = at % update.len().max(1);
                    match how {
                        0 => update[at] = byte,
                        1 => update.insert(at, byte),
                        2 if update.len() > 1 => drop(update.remove(at)),
                        _ => update[at] = update[at].wrapping_add(1),
                    }
                }
                if outcome.is_ok() {
                    outcome = check(&mut recipe, &update);
                }
            }
        });
        outcome?;
    }

    #[test]
    fn noise_poisons_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut recipe = Recipe::default();
        let mut outcome = Ok(());
        quietly(|| outcome = check(&mut recipe, &bytes));
        outcome?;
    }
}
