-- pin_spanish.lua: the words by which policies/pin.lua knows what is worth a pin, in Spanish: the plainest of each kind.
-- Own compilation; pin_english.lua says what each list is for.

return {
  asked_starts = {
    "recuerda que", "recuérdalo", "por favor recuerda", "no olvides", "no te olvides", "ten en cuenta",
    "ten presente", "toma nota", "apunta que", "anota que", "que conste",
  },
  label_words = { "decisión", "decidido", "acordado", "corrección", "regla", "importante", "nota", "recordatorio" },
  wish_words = {
    "responde siempre", "contesta siempre", "escribe siempre", "usa siempre", "utiliza siempre", "siempre usa",
    "nunca uses", "no uses nunca", "nunca escribas", "de ahora en adelante", "a partir de ahora", "desde ahora",
  },
  order_words = {
    "responde", "respóndeme", "contesta", "escribe", "usa", "utiliza", "habla", "háblame", "explica", "traduce",
    "llámame", "dame", "evita", "no uses", "no escribas", "no respondas", "cita",
  },
  scope_words = {
    "de ahora en adelante", "a partir de ahora", "desde ahora", "en el futuro", "cada vez que", "siempre que",
    "tus respuestas", "cuando me escribas", "cuando me respondas", "hasta nuevo aviso", "en este chat", "conmigo",
  },
  own_wish_words = { "prefiero", "preferimos", "preferiría" },
  taste_words = { "mi favorito", "mi favorita", "favorito es", "favorita es", "odio", "no me gusta", "no me gustan" },
  habit_words = {
    "no como", "no bebo", "no fumo", "no tomo", "nunca como", "nunca bebo", "no comemos", "solo como", "sólo como",
    "no conduzco",
  },
  body_words = {
    "alérgico", "alérgica", "alergia", "intolerante", "vegetariano", "vegetariana", "vegano", "vegana", "celíaco",
    "celíaca", "diabético", "diabética", "diabetes", "embarazada", "silla de ruedas", "marcapasos", "asma",
    "asmático", "asmática", "grupo sanguíneo", "daltónico", "daltónica", "hipertensión",
  },
  decision_words = {
    "hemos decidido", "he decidido", "decidimos", "hemos acordado", "acordamos", "hemos elegido",
    "nos quedamos con", "me quedo con", "la decisión es", "está decidido", "al final elegimos",
  },
  profile_words = {
    "vivo en", "vivimos en", "trabajo en", "trabajo como", "trabajo para", "trabajo de", "estudio en", "nací en",
    "nací el", "soy de", "mi lengua materna", "tengo años", "conduzco un",
  },
  person_words = {
    "me llamo", "mi nombre es", "es mi marido", "es mi esposo", "es mi mujer", "es mi esposa", "es mi hijo",
    "es mi hija", "es mi madre", "es mi padre", "es mi hermano", "es mi hermana", "es mi jefe", "es mi jefa",
    "es mi médico", "nuestro perro se llama", "nuestra gata se llama", "mi hijo se llama", "mi hija se llama",
    "cumpleaños es",
  },
  key_words = {
    "el código es", "la contraseña es", "la clave es", "el teléfono es", "mi número", "la dirección es",
    "fecha límite", "el plazo", "mi presupuesto", "nuestro presupuesto", "el alquiler es", "mi sueldo", "mi salario",
    "gano", "pago", "mi objetivo es", "nuestro objetivo es", "mi vuelo sale", "el contrato termina",
  },
  date_words = {
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo",
  },
  own_words = {
    "yo", "mi", "mis", "me", "soy", "estoy", "tengo", "nosotros", "nuestro", "nuestra", "nuestros", "nuestras",
    "nos", "hemos", "somos", "vivo", "trabajo", "no como", "no bebo", "no fumo", "no tomo", "no comemos",
  },
  chatter_words = {
    "gracias", "muchas gracias", "hola", "genial", "qué bien", "qué bonito", "increíble", "me encanta", "jaja",
    "enhorabuena", "felicidades", "buenos días", "buenas noches", "suerte", "me alegro", "orgulloso", "orgullosa",
    "lo siento", "de nada", "qué divertido",
  },
  passing_words = { "hoy", "esta noche", "ahora mismo", "de momento", "por ahora", "esta vez" },
  task_words = {
    "traduce", "escribe un", "escribe una", "escríbeme", "resume", "resúmeme", "explica", "explícame", "haz una",
    "haz un", "describe", "imagina", "genera", "crea", "dime", "dame una", "dame un",
  },
  doubt_words = {
    "quizás", "quizá", "tal vez", "a lo mejor", "creo que", "probablemente", "puede que", "podría", "podríamos",
    "sería", "todavía no hemos decidido", "no estoy seguro", "no estoy segura", "estoy pensando",
  },
  story_words = {
    "ayer", "anteayer", "anoche", "la semana pasada", "el mes pasado", "el año pasado", "el verano pasado",
    "hace años", "cuando era", "el otro día", "esta mañana", "antes",
  },
  addressed_words = { "tú", "tu", "tus", "contigo" },
}
