"""LM_demo: texts and chance, no hardware."""

from module_bench import reply_only

TEXT = "gives a text, touches no hardware"

EFFECTS = {
    "hello": reply_only(TEXT, "demo hello 'Ada'", "^Hello Ada!.*esp32"),
    "calculator": reply_only(TEXT, "demo calculator 6 4 '*'", r"^6 \* 4 = 24$"),
    "dice_cube": reply_only(TEXT, "demo dice_cube", "[1-6]$"),
    "yes_no": reply_only(TEXT, "demo yes_no", "^(YES|NO)$"),
    "links": reply_only(TEXT, "demo links", "https://"),
    "source": reply_only(TEXT, "demo source", "^https://"),
    "exec_info": reply_only(TEXT, "demo exec_info", r"^Under 0 0:0:\d+: \d+ cmd served\.$"),
}
