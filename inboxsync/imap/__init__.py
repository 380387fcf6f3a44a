"""Everything that speaks IMAP: the session protocol and its one adapter, over imapclient."""
