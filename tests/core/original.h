/* Files of the original Kalito in the states that are found, made from its own statements. */
#ifndef TEST_ORIGINAL_H
#define TEST_ORIGINAL_H

/* As its last version makes them. */
#define ORIGINAL_PERSONAS                                                                          \
    "CREATE TABLE personas (id TEXT PRIMARY KEY, name TEXT NOT NULL, prompt TEXT NOT NULL,"        \
    " description TEXT, icon TEXT, default_model TEXT, suggested_models TEXT, temperature REAL,"   \
    " maxTokens INTEGER, created_at TEXT, updated_at TEXT, category TEXT, topP REAL,"              \
    " stopSequences TEXT, repeatPenalty REAL, is_default INTEGER DEFAULT 0);"
#define ORIGINAL_SESSIONS                                                                          \
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT, model TEXT, recap TEXT,"               \
    " persona_id TEXT, created_at TEXT, updated_at TEXT, saved INTEGER DEFAULT 0);"
#define ORIGINAL_MESSAGES                                                                          \
    "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,"       \
    " role TEXT, text TEXT, model_id TEXT, token_usage INTEGER, importance_score REAL DEFAULT"     \
    " 0.5, created_at TEXT, FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);"
#define ORIGINAL_MEMORY                                                                            \
    "CREATE TABLE conversation_summaries (id TEXT PRIMARY KEY, session_id TEXT NOT NULL,"          \
    " summary TEXT NOT NULL, message_count INTEGER NOT NULL, start_message_id TEXT,"               \
    " end_message_id TEXT, importance_score REAL DEFAULT 0.7,"                                     \
    " created_at TEXT DEFAULT CURRENT_TIMESTAMP,"                                                  \
    " FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);"                        \
    "CREATE TABLE semantic_pins (id TEXT PRIMARY KEY, session_id TEXT NOT NULL,"                   \
    " content TEXT NOT NULL, source_message_id TEXT, importance_score REAL DEFAULT 0.8,"           \
    " pin_type TEXT DEFAULT 'user', created_at TEXT DEFAULT CURRENT_TIMESTAMP,"                    \
    " FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE);"
#define ORIGINAL_INDEX                                                                             \
    "CREATE INDEX idx_messages_session_created ON messages(session_id, created_at DESC);"
#define ORIGINAL                                                                                   \
    ORIGINAL_PERSONAS ORIGINAL_SESSIONS ORIGINAL_MESSAGES ORIGINAL_MEMORY ORIGINAL_INDEX

/* An early one: columns came later, messages had no link to their session, times were SQLite's own. */
#define EARLY                                                                                      \
    "CREATE TABLE personas (id TEXT PRIMARY KEY, name TEXT NOT NULL, prompt TEXT NOT NULL,"        \
    " description TEXT, icon TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP,"                     \
    " updated_at TEXT DEFAULT CURRENT_TIMESTAMP);"                                                 \
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT, model TEXT, recap TEXT,"               \
    " persona_id TEXT, created_at TEXT, updated_at TEXT);"                                         \
    "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,"       \
    " role TEXT, text TEXT, model_id TEXT, token_usage INTEGER,"                                   \
    " created_at TEXT DEFAULT CURRENT_TIMESTAMP);" ORIGINAL_MEMORY

/* What other people's programs have put beside it. */
#define FOREIGN                                                                                    \
    "ALTER TABLE messages ADD COLUMN mood TEXT; ALTER TABLE personas ADD COLUMN tags TEXT;"        \
    "CREATE TABLE patients(id TEXT PRIMARY KEY, name TEXT);"                                       \
    "CREATE TABLE vitals(id INTEGER PRIMARY KEY, patient_id TEXT REFERENCES patients(id), pulse INTEGER);" \
    "INSERT INTO patients(id) VALUES ('nobody'); INSERT INTO vitals(patient_id, pulse) VALUES ('nobody', 60);"                                 \
    "CREATE VIEW recent AS SELECT * FROM vitals;"                                                  \
    "CREATE TRIGGER watch AFTER UPDATE ON messages BEGIN UPDATE vitals SET pulse = pulse + 1; END;"

/* Its statements, as its program runs them: without the columns that kalito adds. */
#define ORIGINAL_ADD                                                                               \
    "INSERT INTO messages (session_id, role, text, model_id, token_usage, importance_score, created_at)" \
    " VALUES ('%s', '%s', '%s', 'gpt', 12, 0.5, '%s')"

#endif
