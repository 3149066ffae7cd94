use proptest::prelude::*;

use super::*;
use crate::check::replay::ReplayToken;

fn script() -> impl Strategy<Value = Script> {
    let exception = prop_oneof![3 => Just((0, 0)), 1 => (0..300_u32, 0..300_u16)];
    let runs = prop::collection::vec(
        (0..200_u32, prop::collection::vec(exception, 1..200)),
        0..30,
    );
    (runs, any::<bool>(), any::<u8>()).prop_map(|(runs, spurious, digest)| {
        let mut script = Script {
            spurious,
            ..Script::default()
        };
        for (thread, choices) in runs {
            if script.cues.last().is_none_or(|last| last.thread != thread) {
                script.digests.push(digest.wrapping_add(thread as u8));
                let cues = choices.into_iter();
                let cue = |(back, pick)| Cue { thread, back, pick };
                script.cues.extend(cues.map(cue));
            }
        }
        script
    })
}

proptest! {
    #[test]
    fn a_token_means_what_it_was_made_from(script in script()) {
        let token = ReplayToken { script };
        let text = token.to_string();
        prop_assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert_eq!(text.parse(), Ok(token));
    }

    #[test]
    fn any_bytes_are_refused_or_a_script(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut from = Bytes::default();
        bytes.iter().for_each(|byte| from.byte(*byte));
        if let Ok(script) = Script::read(&mut from) {
            let runs = script.cues.chunk_by(|a, b| a.thread == b.thread).count();
            prop_assert_eq!(runs, script.digests.len());
        }
    }

    #[test]
    fn any_text_is_refused_or_a_token(text in "(rc[0-9]-)?[a-z2-7]{0,40}") {
        if let Ok(token) = text.parse::<ReplayToken>() {
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }
    }
}
