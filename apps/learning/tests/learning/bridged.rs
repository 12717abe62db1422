//! What is said in another protocol arrives in the chat.

use conversations::{Author, MessageType, Posting, RoomRef, Side, Sides};
use model::Name;
use serde_json::json;

use crate::support::Class;

#[test]
fn what_is_said_in_a_bridged_session_arrives_as_a_message_and_an_agent_is_its_author() {
    let mut class = Class::new();
    let ada = class.enter("ada", "math");
    let name = |name| Some(Name::new(name).unwrap());
    let sides = Sides { chat: name("math"), room: None, session: name("s-1") };
    class.wait(class.conversations.bridge(sides)).unwrap();
    class.send(ada, "message", json!({"content": "why?"}));
    assert_eq!(class.stage.next(ada)["data"]["seq"], 1);
    let session = RoomRef::new(Side::Session, "s-1");
    let agent = Author::Agent { id: "socratic".into() };
    let answer = Posting {
        message_type: MessageType::Text,
        ..Posting::new(session, agent, "What do you think?")
    };
    class.conversations.post(answer, drop);
    let told = class.stage.next(ada);
    assert_eq!(told["data"]["author"], "socratic");
    assert_eq!(told["data"]["authorName"], "socratic");
    assert_eq!(told["data"]["seq"], 2);
    class.send(ada, "history", json!({"after": 1}));
    let page = class.stage.next(ada);
    assert_eq!(page["data"]["messages"], json!([told["data"]]));
}
