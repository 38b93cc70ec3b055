"""Languages: what people read, in theirs. English stands in the code; the others in ``*/LC_MESSAGES/messages.po`` beside this."""
