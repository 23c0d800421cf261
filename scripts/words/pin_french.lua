-- pin_french.lua: the words by which policies/pin.lua knows what is worth a pin, in French: the plainest of each kind.
-- Own compilation; pin_english.lua says what each list is for. "mars" is missing: it is a planet, too.

return {
  asked_starts = {
    "retiens que", "souviens-toi que", "rappelle-toi que", "n'oublie pas", "note que", "note bien", "prends note",
    "garde en tête", "merci de noter", "merci de retenir", "retenez que", "notez que",
  },
  label_words = { "décision", "décidé", "convenu", "correction", "règle", "important", "rappel", "note" },
  wish_words = {
    "réponds toujours", "écris toujours", "utilise toujours", "donne toujours", "n'utilise jamais", "n'écris jamais",
    "ne réponds jamais", "désormais", "dorénavant", "à partir de maintenant",
  },
  order_words = {
    "réponds", "réponds-moi", "écris", "utilise", "parle", "parle-moi", "explique", "traduis", "appelle-moi",
    "donne", "donne-moi", "évite", "n'utilise pas", "n'écris pas", "cite",
  },
  scope_words = {
    "désormais", "dorénavant", "à partir de maintenant", "à l'avenir", "chaque fois que", "à chaque fois",
    "tes réponses", "quand tu", "jusqu'à nouvel ordre", "dans ce chat", "avec moi",
  },
  own_wish_words = { "je préfère", "nous préférons", "je préférerais", "j'aimerais mieux" },
  taste_words = { "mon préféré", "ma préférée", "préféré est", "préférée est", "je déteste", "je n'aime pas" },
  habit_words = {
    "je ne mange pas", "je ne bois pas", "je ne fume pas", "je ne mange jamais", "je ne bois jamais",
    "nous ne mangeons pas", "je ne mange que", "je ne bois que", "je ne conduis pas",
  },
  body_words = {
    "allergique", "allergie", "intolérant", "intolérante", "végétarien", "végétarienne", "végane", "cœliaque",
    "diabétique", "diabète", "enceinte", "fauteuil roulant", "stimulateur cardiaque", "asthme", "asthmatique",
    "groupe sanguin", "daltonien", "daltonienne", "hypertension", "dyslexique",
  },
  decision_words = {
    "nous avons décidé", "j'ai décidé", "on a décidé", "nous avons convenu", "nous avons choisi", "j'ai choisi",
    "on a choisi", "la décision est", "c'est décidé", "nous gardons", "on garde",
  },
  profile_words = {
    "j'habite", "nous habitons", "je vis à", "je vis en", "je travaille chez", "je travaille comme",
    "je travaille à", "j'étudie", "je suis né", "je suis née", "ma langue maternelle", "je parle", "je pèse",
    "je mesure", "je conduis une",
  },
  person_words = {
    "je m'appelle", "mon nom est", "est mon mari", "est ma femme", "est mon fils", "est ma fille", "est ma mère",
    "est mon père", "est mon frère", "est ma sœur", "est mon chef", "est mon médecin", "notre chien s'appelle",
    "notre chat s'appelle", "mon fils s'appelle", "ma fille s'appelle", "anniversaire est",
  },
  key_words = {
    "le code est", "le mot de passe est", "le numéro est", "mon numéro", "l'adresse est", "la date limite",
    "l'échéance", "mon budget", "notre budget", "le loyer est", "mon salaire", "je gagne", "je paie",
    "mon objectif est", "notre objectif est", "mon vol part", "le contrat se termine",
  },
  date_words = {
    "janvier", "février", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
  },
  own_words = {
    "je", "j'ai", "j'habite", "j'étudie", "j'aimerais", "je m'appelle", "mon", "ma", "mes", "moi", "nous", "notre",
    "nos",
  },
  chatter_words = {
    "merci", "merci beaucoup", "bonjour", "bonsoir", "salut", "génial", "formidable", "magnifique",
    "incroyable", "j'adore", "bravo", "félicitations", "bonne nuit", "bonne chance", "haha", "mdr", "fier", "fière",
    "désolé", "désolée", "de rien", "trop bien", "trop drôle",
  },
  passing_words = { "aujourd'hui", "ce soir", "en ce moment", "pour l'instant", "cette fois" },
  task_words = {
    "traduis", "écris un", "écris une", "écris-moi", "résume", "explique-moi", "fais une", "fais un", "décris",
    "imagine", "crée", "génère", "dis-moi", "donne-moi un", "donne-moi une",
  },
  doubt_words = {
    "peut-être", "je crois", "je pense", "probablement", "sans doute", "si je", "si on", "si nous", "serait", "pourrait", "pourrions",
    "pas encore décidé", "pas sûr", "pas sûre", "j'hésite", "nous hésitons",
  },
  story_words = {
    "hier soir", "hier matin", "avant-hier", "la semaine dernière", "le mois dernier", "l'année dernière", "l'été dernier",
    "la nuit dernière", "il y a des années", "quand j'étais", "l'autre jour", "ce matin",
  },
  addressed_words = { "tu", "tes", "toi", "vous", "votre", "vos" },
}
