"""What revision 0001 creates, written out: it must go on meaning what it meant when databases were made with it."""
