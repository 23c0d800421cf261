/* kal_tokens: its bounds on random input, and its distance from two real tokenizers on samples of
 * text whose counts were made with the npm package gpt-tokenizer 4.0.0.
 *
 * On larger texts than these (estimate / count; the rows from "English chat" on were not used for
 * fitting):
 *                                cl100k  o200k
 *   English manuals, licences      1.14   1.14
 *   C, Python, Lua, JavaScript     1.07   1.07
 *   JSON, Markdown                 1.07   1.07
 *   German, Dutch, Swedish         1.04   1.17
 *   French, Spanish, Italian       1.03   1.10
 *   Polish, Czech, Hungarian       1.06   1.19
 *   Turkish, Vietnamese            1.05   1.32
 *   Russian, Ukrainian             1.09   1.57
 *   Serbian                        0.94   1.43
 *   Chinese                        1.30   1.43
 *   Chinese, traditional           0.91   1.21
 *   Japanese                       1.04   1.31
 *   Korean                         1.06   1.49
 *   Greek, Hebrew, Arabic          1.04   2.51
 *   Hindi, Bengali, Tamil, Thai    1.04   3.48
 *   emoji, alone or in text        1.05   1.53
 *   numbers, dates, tables         1.03   1.03
 *   base64, hex, UUID              1.04   1.07
 *   random letters, punctuation    1.00   1.02
 *   URLs                           1.05   1.05
 *   English chat, two people       1.10   1.14
 *   English chat, assistant        1.18   1.20
 *   English, more manuals          1.05   1.05
 *   Perl, shell, CMake, C++        1.09   1.08
 *   HTML, XML                      1.04   1.06
 *   Danish, Romanian, Croatian     0.95   1.05
 *   Indonesian                     1.04   1.18
 * The floor of characters / 4 alone puts English prose of long words 10 to 18 % above the counts:
 * these tokenizers need 4.4 to 4.8 characters for one of its tokens. Scripts that cl100k_base spells
 * out byte by byte are counted for the larger of the two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kalito.h"

/* clang-format off */
static const struct sample {
    const char *name;
    size_t cl100k;
    size_t o200k;
    const char *text;
} samples[] = {
    {"English, chat", 80, 76,
     "hey are you around? I can't find my keys anywhere lol. Did you leave them at your "
     "place after the party? Yeah I'll be home by 7, traffic's awful. ok cool, talk later! "
     "Oh and don't forget mom's birthday on Sunday, we should get her something nice. "
     "Maybe a book? She's been really into mystery novels lately. What do you think?"},
    {"English, story", 63, 62,
     "The ferry was late again, and the old man on the bench had begun to feed his sandwich "
     "to the gulls. Nobody spoke. Somewhere behind the harbour wall a radio played dance "
     "music from another decade, and Martha counted the windows of the hotel until the "
     "light went on in the third one from the left."},
    {"English, technical", 61, 61,
     "To fix the error, open the configuration file and set the timeout to 30 seconds. "
     "The server closes idle connections because the default value is too low. After restarting "
     "the service, check the logs with journalctl. If the problem persists, increase the "
     "pool size; otherwise the migration can continue as planned."},
    {"English, letter", 66, 65,
     "Dear Tom, thanks for your note about the garden. I'd love to come by on Saturday, "
     "if the weather holds. Shall I bring the small ladder? We could trim the apple tree "
     "and then sit down for a cup of tea. My sister says hi, and she hopes your knee is "
     "better. See you soon, Kate"},
    {"English, list", 51, 49,
     "Shopping for the weekend:\n"
     "- two loaves of bread\n"
     "- a dozen eggs\n"
     "- butter, milk, some cheese\n"
     "- lemons (4)\n"
     "- coffee, the dark one\n"
     "Please don't forget the dog food, we ran out yesterday!"},
    {"German", 59, 49,
     "Hallo, wie geht es dir heute? Ich wollte dich nach der Reise fragen, die wir für "
     "den nächsten Sommer geplant haben. Hast du das Hotel schon gebucht? Ich glaube, "
     "die Preise werden bald steigen, weil die Saison gleich anfängt."},
    {"French", 64, 48,
     "Bonjour, comment vas-tu aujourd'hui ? Je voulais te demander où en est le voyage "
     "que nous avons prévu pour l'été prochain. As-tu déjà réservé l'hôtel ? Je pense "
     "que les prix vont bientôt monter, car la saison va commencer."},
    {"Polish", 77, 63,
     "Cześć, jak się dziś masz? Chciałem cię zapytać o podróż, którą zaplanowaliśmy na "
     "przyszłe lato. Czy zarezerwowałeś już hotel? Myślę, że ceny wkrótce wzrosną, bo "
     "sezon zaraz się zacznie."},
    {"Turkish", 77, 58,
     "Merhaba, bugün nasılsın? Gelecek yaz için planladığımız geziyi sormak istemiştim. "
     "Oteli ayırttın mı, yoksa henüz değil mi? Sezon başlamak üzere olduğu için fiyatların "
     "yakında artacağını düşünüyorum."},
    {"Russian", 132, 76,
     "Привет, как у тебя сегодня дела? Я хотел спросить тебя о поезд"
     "ке, которую мы запланировали на следующее лето. Ты уже заброн"
     "ировал гостиницу или ещё нет? Думаю, цены скоро вырастут, пот"
     "ому что сезон вот-вот начнётся. Расскажи подробности, когда б"
     "удет время, и большое спасибо за помощь."},
    {"Greek", 218, 91,
     "Γεια σου, πώς είσαι σήμερα; Ήθελα να σε ρωτήσω για το ταξίδι π"
     "ου σχεδιάσαμε για το επόμενο καλοκαίρι. Έκλεισες το ξενοδοχε"
     "ίο ή όχι ακόμα; Νομίζω ότι οι τιμές θα ανέβουν σύντομα επειδή"
     " η σεζόν πρόκειται να αρχίσει. Ευχαριστώ πολύ για τη βοήθεια."},
    {"Arabic", 207, 88,
     "مرحبا، كيف حالك اليوم؟ أردت أن أسألك عن الرحلة التي خططنا لها"
     " في الصيف القادم. هل حجزت الفندق أم ليس بعد؟ أعتقد أن الأسعار "
     "سترتفع قريبا لأن الموسم على وشك أن يبدأ. أخبرني بالتفاصيل عند"
     "ما تجد الوقت، وشكرا جزيلا على مساعدتك. البرنامج لا يعمل بعد ا"
     "لتحديث الأخير، وقد حاولت إعادة التشغيل مرتين."},
    {"Hebrew", 225, 88,
     "שלום, מה שלומך היום? רציתי לשאול אותך על הטיול שתכננו לקיץ הבא"
     ". האם כבר הזמנת את המלון או שעדיין לא? אני חושב שהמחירים יעלו ב"
     "קרוב כי העונה עומדת להתחיל. ספר לי את הפרטים כשיהיה לך זמן, ות"
     "ודה רבה על העזרה. התוכנה לא עובדת אחרי העדכון האחרון."},
    {"Hindi", 313, 88,
     "नमस्ते, आज आप कैसे हैं? मैं आपसे अगली गर्मिय"
     "ों की यात्रा के बारे में पूछना चाहता था। क्"
     "या आपने होटल बुक कर लिया है या अभी नहीं? मुझ"
     "े लगता है कि कीमतें जल्द ही बढ़ जाएँगी क्यो"
     "ंकि मौसम शुरू होने वाला है। जब समय मिले तो म"
     "ुझे विवरण बताइए, और मदद के लिए बहुत धन्यवाद"
     "। पिछले अद्यतन के बाद कार्यक्रम काम नहीं क"
     "र रहा है।"},
    {"Thai", 195, 79,
     "สวัสดีครับ วันนี้คุณเป็นอย่างไรบ้าง ผม"
     "อยากถามคุณเกี่ยวกับการเดินทางที่เราวา"
     "งแผนไว้ในฤดูร้อนหน้า คุณจองโรงแรมแล้วห"
     "รือยัง ผมคิดว่าราคาจะสูงขึ้นเร็ว ๆ นี้เ"
     "พราะฤดูกาลกำลังจะเริ่มต้น ขอบคุณมากสำห"
     "รับความช่วยเหลือ"},
    {"Vietnamese", 126, 67,
     "Xin chào, hôm nay bạn thế nào? Tôi muốn hỏi bạn về chuyến đi mà chúng ta đã lên "
     "kế hoạch cho mùa hè tới. Bạn đã đặt khách sạn chưa? Tôi nghĩ giá sẽ sớm tăng vì "
     "mùa du lịch sắp bắt đầu. Cảm ơn bạn rất nhiều vì đã giúp đỡ."},
    {"Chinese", 146, 86,
     "你好，今天过得怎么样？我想问一下我们计划明年夏天去旅行的事情。你已经订好酒"
     "店了吗，还是还没有？我觉得价格很快就会上涨，因为旺季马上就要开始了。等你有"
     "时间的时候告诉我细节，非常感谢你的帮助。昨天晚上我们去了那家新开的火锅店，"
     "味道真不错，下次一起去吧！"},
    {"Chinese, traditional", 133, 85,
     "你好，今天過得怎麼樣？我想問一下我們計劃明年夏天去旅行的事情。你已經訂好酒"
     "店了嗎，還是還沒有？我覺得價格很快就會上漲，因為旺季馬上就要開始了。等你有"
     "時間的時候告訴我細節，非常感謝你的幫助。"},
    {"Japanese", 143, 98,
     "こんにちは、今日はお元気ですか？来年の夏に計画している旅行について聞きたか"
     "ったんです。ホテルはもう予約しましたか、それともまだですか？シーズンが始ま"
     "るので、もうすぐ値段が上がると思います。時間があるときに詳細を教えてくださ"
     "い。いつも助けてくれて本当にありがとう。昨日の晩ご飯はとても美味しかったよ"
     "！"},
    {"Korean", 136, 76,
     "안녕하세요, 오늘 어떻게 지내세요? 내년 여름에 계획한 여행에 대해 물어보고 싶었"
     "어요. 호텔은 벌써 예약하셨나요, 아니면 아직인가요? 시즌이 곧 시작되기 때문에 가"
     "격이 곧 오를 것 같아요. 시간 있을 때 자세한 내용을 알려 주세요. 도와주셔서 정말"
     " 감사합니다."},
    {"C", 97, 97,
     "static int read_frame(struct port *port, char *out, size_t size)\n"
     "{\n"
     "    size_t used = 0;\n"
     "    while (used < size) {\n"
     "        ssize_t n = read(port->fd, out + used, size - used);\n"
     "        if (n < 0 && errno == EINTR)\n"
     "            continue;\n"
     "        if (n <= 0)\n"
     "            return -1;\n"
     "        used += (size_t)n;\n"
     "    }\n"
     "    return 0;\n"
     "}\n"},
    {"Python", 80, 80,
     "def mean(values, default=None):\n"
     "    \"\"\"Average of the values.\"\"\"\n"
     "    total, count = 0.0, 0\n"
     "    for value in values:\n"
     "        if value is None:\n"
     "            continue\n"
     "        total += value\n"
     "        count += 1\n"
     "    return total / count if count else default\n"
     "\n"
     "print(f\"{mean([1, 2, 3]):.2f}\")\n"},
    {"JSON", 98, 97,
     "[{\"id\": 1, \"name\": \"Anna\", \"active\": true, \"score\": 0.75, \"tags\": [\"a\", \"b-c\"]}, "
     "{\"id\": 2, \"name\": \"Ben\", \"active\": false, \"score\": 12.5, \"tags\": []}, {\"id\": 3, "
     "\"name\": \"Chen\", \"active\": true, \"score\": null, \"tags\": [\"long tag\"]}]"},
    {"log lines", 89, 89,
     "2024-05-06T07:08:09.123Z INFO request 4f1c22ab done in 42ms\n"
     "2024-05-06T07:08:10.001Z WARN pool is full (64 of 64), waiting\n"
     "2024-05-06T07:08:15.777Z ERROR upstream timed out: 10.0.3.17:8443\n"},
    {"URLs", 35, 35,
     "https://www.example.com/path/to/article/48213?utm_source=news&id=7f3a9c#top https://docs.example.org/en/latest"
     "/install.html"},
    {"numbers", 52, 52,
     "48213 917 3.14159 1,000,000 42 7 0.001 65536 2147483647 19.99 100 256 12345678 99 "
     "31 28 2024"},
    {"table", 51, 51,
     "| month | rain | sun |\n"
     "|-------|-----:|----:|\n"
     "| Jan   |  102 |  41 |\n"
     "| Feb   |   77 |  68 |\n"
     "| Mar   |   64 | 113 |\n"},
    {"base64", 91, 89,
     "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIDEzIGxhenkgZG9ncw8xZ3Hq9Yb2nKQv5sLrT0uVwXcPzA7eMiJkN4oBfG6hR+yS/DmEtU"
     "aZqC=="},
    {"UUIDs", 89, 89,
     "0b9d6a4e-93f1-4c52-8a7e-5d20c1b3f6a8 e41f7c09-2b6d-4d8a-b1c5-97a3f0e2d846 73ad3c5f-5849-4d08-8db0-919be8e12f52"},
    {"emoji", 31, 22,
     "Great 😀 thanks 🙏🔥 see you 👍 love it ❤️🎉 haha 😂😂 amazing ✨🚀"},
    {"shouting", 25, 24,
     "PLEASE READ THIS CAREFULLY: THE DOOR MUST BE KEPT CLOSED AT ALL TIMES BECAUSE OF "
     "THE CAT."},
    {"symbols", 50, 49,
     "∀x∈ℝ: Σ αᵢ² ≤ ∫ f(x) dx ≈ √π · ∂θ/∂t ⇒ ¬(p ∧ q) → A ∪ B = ∅"},
};
/* clang-format on */

static size_t tokens(const char *z) {
    return kal_tokens((kal_str){z, strlen(z)});
}

static size_t count_chars(kal_str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return n;
}

static void the_empty_text_alone_has_no_tokens(void **state) {
    (void)state;
    assert_int_equal(kal_tokens((kal_str){NULL, 0}), 0);
    assert_int_equal(tokens(""), 0);
    static const char *const tiny[] = {" ", "\n", "a", "7", ".", "\t", "\xC3\xA9", "\xFF"};
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++)
        assert_true(tokens(tiny[i]) >= 1);
}

static void samples_are_never_far_under_the_larger_count(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *s = &samples[i];
        size_t most = s->cl100k > s->o200k ? s->cl100k : s->o200k;
        size_t found = tokens(s->text);
        if (found * 10 < most * 9) fail_msg("%s: %zu, not about %zu", s->name, found, most);
    }
}

static void samples_are_never_far_above_the_larger_count_and_the_floor(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *s = &samples[i];
        size_t most = s->cl100k > s->o200k ? s->cl100k : s->o200k;
        size_t floor = (count_chars((kal_str){s->text, strlen(s->text)}) + 3) / 4;
        size_t found = tokens(s->text);
        if (found * 100 > most * 135 && found > floor)
            fail_msg("%s: %zu, not about %zu", s->name, found, most);
    }
}

static void english_is_right_on_average_where_the_floor_allows(void **state) {
    (void)state;
    size_t counted = 0;
    size_t found = 0;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *s = &samples[i];
        if (strncmp(s->name, "English", 7) != 0) continue;
        size_t floor = (count_chars((kal_str){s->text, strlen(s->text)}) + 3) / 4;
        size_t mean = (s->cl100k + s->o200k) / 2;
        counted += mean > floor ? mean : floor;
        found += tokens(s->text);
    }
    assert_true(found * 100 >= counted * 95 && found * 100 <= counted * 105);
}

static void long_runs_cost_a_quarter_of_a_token_a_character_at_least(void **state) {
    (void)state;
    char run[4000];
    for (int c = 1; c < 256; c++) {
        memset(run, c, sizeof run);
        assert_true(kal_tokens((kal_str){run, sizeof run}) >= sizeof run / 4);
    }
}

static uint64_t seed;

static uint32_t next_random(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static size_t random_text(char *out, size_t max) {
    static const char *const pieces[] = {
        "a",
        "er",
        "Q",
        "XY",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "7",
        "123",
        ".",
        "--",
        "'",
        "!?",
        "\xC3\xA9",
        "\xD0\xB0",
        "\xE6\x97\xA5",
        "\xED\x95\x9C",
        "\xF0\x9F\x98\x80",
        "\xE2\x94\x80",
        "\xFF",
        "\xE6",
        "word",
        "CamelCase",
        "_",
        "\xE2\x80\x99",
    };
    size_t len = 0;
    uint32_t n = next_random(25);
    bool bytes = next_random(4) == 0;
    for (; n > 0 && len + 12 < max; n--) {
        const char *piece = pieces[next_random(sizeof pieces / sizeof *pieces)];
        size_t size = bytes ? 1 : strlen(piece);
        if (bytes)
            out[len] = (char)next_random(256);
        else
            memcpy(out + len, piece, size);
        len += size;
    }
    return len;
}

static void appending_never_lowers_the_count(void **state) {
    (void)state;
    seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[400];
        size_t len = random_text(text, sizeof text);
        size_t before = 0;
        /* cut between characters only: half a character is bytes, and they are dearer */
        for (size_t i = 0; i <= len; i++) {
            if (i < len && ((unsigned char)text[i] & 0xC0) == 0x80) continue;
            size_t now = kal_tokens((kal_str){text, i});
            bool whole = kal_text_valid((kal_str){text, i}, NULL);
            if (!whole) continue;
            assert_true(now >= before);
            before = now;
        }
    }
}

static void a_text_is_at_most_the_sum_of_its_lines(void **state) {
    (void)state;
    seed = 2;
    for (int round = 0; round < 200000; round++) {
        char both[900];
        size_t a = random_text(both, 400);
        both[a++] = '\n';
        size_t b = random_text(both + a, 400);
        size_t parts = kal_tokens((kal_str){both, a}) + kal_tokens((kal_str){both + a, b});
        assert_true(kal_tokens((kal_str){both, a + b}) <= parts);
    }
}

static void random_texts_are_never_under_a_quarter_of_their_characters(void **state) {
    (void)state;
    seed = 3;
    for (int round = 0; round < 50000; round++) {
        char text[400];
        kal_str random = {text, random_text(text, sizeof text)};
        assert_true(kal_tokens(random) * 4 >= count_chars(random));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_empty_text_alone_has_no_tokens),
        cmocka_unit_test(samples_are_never_far_under_the_larger_count),
        cmocka_unit_test(samples_are_never_far_above_the_larger_count_and_the_floor),
        cmocka_unit_test(english_is_right_on_average_where_the_floor_allows),
        cmocka_unit_test(long_runs_cost_a_quarter_of_a_token_a_character_at_least),
        cmocka_unit_test(appending_never_lowers_the_count),
        cmocka_unit_test(a_text_is_at_most_the_sum_of_its_lines),
        cmocka_unit_test(random_texts_are_never_under_a_quarter_of_their_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
