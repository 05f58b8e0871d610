# A Sieve script of the mailbox that is subscribed to the list, for Dovecot's
# Pigeonhole with dovecot.conf beside this file. A mail that reroll does not take
# now fails the delivery, and the mail server tries again.
require ["vnd.dovecot.pipe"];

if header :contains "list-id" "<kernel-course.lists.example.org>" {
	pipe "reroll-deliver";
	stop;
}
