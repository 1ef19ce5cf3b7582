//! Small decks beside what they must give.
