-- summary_english.lua: the words by which policies/summarize.lua knows what is worth telling and which answers of a
-- model are refused, in English. Own compilation. An option of the same name in config.lua takes the place of a list.

return {
  common = { -- words of every text, which prove nothing
    "about", "above", "after", "again", "also", "because", "been", "before", "being", "between", "came", "come",
    "could", "does", "doing", "done", "down", "during", "each", "even", "every", "first", "from", "gave", "given",
    "gives", "goes", "going", "gone", "have", "having", "here", "into", "just", "like", "made", "make", "many",
    "more", "most", "much", "must", "need", "only", "other", "over", "said", "same", "says", "should", "some",
    "still", "such", "take", "taken", "than", "that", "their", "them", "then", "there", "these", "they", "thing",
    "things", "this", "those", "through", "time", "told", "took", "under", "until", "user", "very", "want", "wants",
    "well", "went", "were", "what", "when", "where", "which", "while", "will", "with", "would", "year", "your",
  },
  refusals = { "i'm sorry", "i am sorry", "i cannot", "i can't", "as an ai", "as a language model", "i'm unable" },
  kept_words = {
    "decided", "decision", "agreed", "chose", "chosen", "settled on", "going with", "final", "instead of", "no longer",
    "changed", "correction", "moved to", "moves to", "from now on", "always", "never", "remember", "prefer",
    "allergic", "vegetarian", "vegan", "my name is", "is my husband", "is my wife", "birthday", "deadline", "due on",
    "appointment", "code is", "password", "address", "phone number", "promised", "the cause", "the fix", "solved",
    "fixed", "turned out", "costs", "paid", "pay", "ordered", "booked",
  },
  open_words = {
    "open question", "still open", "haven't decided", "not decided", "undecided", "to be decided", "not yet",
    "todo", "to do", "pending", "unclear", "we don't know", "i don't know", "let me think about it",
    "look at it again", "next steps", "waiting for", "waiting on", "still need to", "remains to be",
  },
  filler_words = {
    "thanks", "thank you", "you're welcome", "haha", "lol", "wow", "great question", "good question", "hello", "hi",
    "hey", "sure", "of course", "certainly", "absolutely", "congratulations", "sounds good", "i hope this helps",
    "i'm ready", "that sounds", "sounds like", "looking forward", "i feel", "i felt", "it feels", "i agree",
    "makes sense", "so lucky", "amazing", "awesome", "wild ride", "so much fun", "no problem", "go ahead", "got it",
    "congrats", "long time no", "so cool", "glad", "good to see", "good to hear",
    "let me know", "feel free", "happy to help", "have a nice", "good luck", "good morning", "good night",
  },
  pointing_words = {
    "that", "that's", "this", "it", "it's", "they", "they're", "they've", "he", "he's", "she", "she's", "these",
    "those", "and", "but", "so that's", "yes", "no", "right", "exactly", "instead", "then", "also",
  },
  addressed_words = { "you", "you're", "you've", "you'll", "your", "yours", "yourself" },
}
