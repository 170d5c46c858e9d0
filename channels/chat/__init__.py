"""Chat by the Telegram Bot API.

A sender needs a bot's token; members are reached by the chat id that they get when they first write to the bot. Texts
go out as plain text, so that nothing in them can be taken for broken markup.

Replies come as updates: register the sender's webhook with `setWebhook` and the sender's webhook secret as
`secret_token`, which Telegram then sends in the header `X-Telegram-Bot-Api-Secret-Token`.
"""
