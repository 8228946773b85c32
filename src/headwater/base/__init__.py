"""The company, its people and permissions, history, queue, outbox, refusals and the page shell."""
