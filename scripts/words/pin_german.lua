-- pin_german.lua: the words by which policies/pin.lua knows what is worth a pin, in German: the plainest of each kind.
-- Own compilation; pin_english.lua says what each list is for.

return {
  asked_starts = {
    "merk dir", "merke dir", "bitte merk dir", "bitte merke dir", "behalte im kopf", "vergiss nicht", "notier dir",
    "notiere dir", "denk bitte daran", "bitte denk daran", "zur erinnerung", "fürs protokoll",
  },
  label_words = { "entscheidung", "entschieden", "beschlossen", "korrektur", "regel", "merke", "wichtig", "geändert" },
  wish_words = {
    "antworte immer", "antworte nie", "antworte mir immer", "schreib immer", "schreibe immer", "schreib nie",
    "schreibe nie", "verwende immer", "verwende nie", "benutze immer", "benutze nie", "nutze immer", "nutze nie",
    "nenne immer", "ab jetzt", "von jetzt an", "ab sofort", "bitte immer", "bitte nie",
  },
  order_words = {
    "antworte", "schreib", "schreibe", "verwende", "benutze", "nutze", "nenn", "nenne", "gib", "erkläre", "erklär",
    "sprich", "rede", "übersetze", "zitiere", "lass", "keine",
  },
  scope_words = {
    "ab jetzt", "von jetzt an", "ab sofort", "künftig", "in zukunft", "jedes mal", "immer wenn", "deine antworten",
    "deinen antworten", "wenn du", "in diesem chat", "bis auf weiteres", "mir gegenüber",
  },
  own_wish_words = { "ich bevorzuge", "ich hätte lieber", "mir ist lieber", "mir wäre lieber", "ich möchte lieber" },
  taste_words = { "mein lieblings", "ich hasse", "ich mag kein", "ich mag keine", "ich mag keinen", "ich sammle" },
  habit_words = {
    "ich esse kein", "ich esse keine", "ich esse keinen", "ich trinke kein", "ich trinke keine",
    "ich trinke keinen", "ich rauche nicht", "wir essen kein", "wir essen keine", "ich esse nur", "ich trinke nur",
    "ich bin frühaufsteher", "ich bin frühaufsteherin", "ich bin nachtmensch",
  },
  body_words = {
    "allergisch", "allergie", "laktoseintolerant", "unverträglichkeit", "vegetarier", "vegetarierin", "vegetarisch",
    "veganer", "veganerin", "diabetiker", "diabetikerin", "zöliakie", "schwanger", "rollstuhl", "blutgruppe",
    "herzschrittmacher", "heuschnupfen", "schwerhörig", "farbenblind", "bluthochdruck", "legasthenie",
  },
  decision_words = {
    "wir haben beschlossen", "ich habe beschlossen", "wir haben entschieden", "ich habe entschieden",
    "wir haben uns entschieden", "wir haben uns für", "ich habe mich für", "ich habe mich entschieden",
    "haben uns geeinigt", "die entscheidung ist", "es bleibt bei", "steht jetzt fest", "ist beschlossen",
  },
  profile_words = {
    "ich wohne in", "wir wohnen in", "ich lebe in", "wir leben in", "ich arbeite bei", "ich arbeite als",
    "ich arbeite in", "ich studiere", "ich wurde geboren", "ich bin geboren", "ich spreche", "ich wiege",
    "meine muttersprache", "jahre alt", "ich fahre einen",
  },
  person_words = {
    "ich heiße", "ich heisse", "mein name ist", "ist mein mann", "ist meine frau", "ist mein sohn",
    "ist meine tochter", "ist meine mutter", "ist mein vater", "ist mein bruder", "ist meine schwester",
    "ist mein chef", "ist meine chefin", "ist mein arzt", "ist meine ärztin", "unser hund heißt",
    "unsere katze heißt", "geburtstag ist",
  },
  key_words = {
    "code ist", "code lautet", "passwort ist", "passwort lautet", "telefonnummer ist", "kundennummer", "adresse ist",
    "abgabetermin", "frist ist", "frist endet", "läuft bis", "miete beträgt", "die miete ist", "mein gehalt",
    "unser budget", "mein budget", "ich verdiene", "mein ziel ist", "unser ziel ist", "flug geht", "schuhgröße",
  },
  date_words = {
    "januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
    "dezember", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag",
  },
  own_words = {
    "ich", "mein", "meine", "meinen", "meinem", "meiner", "mir", "mich", "wir", "uns", "unser", "unsere", "unseren",
    "unserem", "unserer",
  },
  chatter_words = {
    "danke", "vielen dank", "dankeschön", "wow", "haha", "hallo", "ich liebe",
    "glückwunsch", "herzlichen glückwunsch", "viel spaß", "viel glück", "freut mich", "freue mich", "so schön",
    "wunderschön", "gute nacht", "guten morgen", "stolz", "dankbar", "gern geschehen", "tut mir leid",
  },
  passing_words = { "heute", "heute abend", "gerade", "im moment", "momentan", "diesmal", "vorerst" },
  task_words = {
    "übersetze", "schreib einen", "schreib eine", "schreib mir", "schreibe einen", "schreibe eine", "schreibe mir",
    "erstelle", "fasse", "erkläre mir", "erklär mir", "liste", "beschreibe", "stell dir vor", "gib mir", "nenne mir",
  },
  doubt_words = {
    "vielleicht", "wahrscheinlich", "vermutlich", "ich glaube", "ich denke", "ich überlege", "wir überlegen",
    "wenn ich", "wäre", "wären", "könnte", "könnten", "unentschieden", "noch nicht entschieden", "noch nicht sicher",
  },
  story_words = {
    "gestern", "vorgestern", "letzte woche", "letztes wochenende", "letzten monat", "letztes jahr", "letzten sommer",
    "letzte nacht", "neulich", "als ich", "früher", "vor jahren", "heute morgen",
  },
  addressed_words = { "du bist", "du hast", "du kannst", "bist du", "hast du", "kannst du", "dein", "deine", "deinen", "dir", "dich" },
}
