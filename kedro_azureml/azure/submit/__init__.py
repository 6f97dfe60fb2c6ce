"""What happens between a document and the job that Azure ML makes of it, a module each."""
