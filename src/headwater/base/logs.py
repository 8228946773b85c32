"""What lines of the log leave out: tokens in addresses, by which whoever reads the log could answer for a customer."""

import logging
import re
from typing import Final

TOKENS: Final = re.compile(r"(/(?:s|u|snippet/[^/\s]*/continue)/)[A-Za-z0-9_-]{16,64}")


class TokenFilter(logging.Filter):
    """Takes the tokens of answering pages and of the pages to leave out of every line; the time of a visit stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        without = TOKENS.sub(r"\1…", said)
        if without != said:
            record.msg, record.args = without, ()
        return True
