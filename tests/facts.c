/* Prints the tables of the code that the manual has to agree with. */

#include <stdio.h>

#include "ddnsgate/config/conf.h"
#include "ddnsgate/reply/reply.h"

int
main(void)
{
	size_t count;
	const struct conf_setting_info *settings = conf_settings(&count);

	for (size_t i = 0; i < count; i++)
		printf(
		    "setting\t%s\t%s\n", settings[i].where, settings[i].name);
	for (int i = 0; i < ERR_COUNT; i++) {
		enum err err = (enum err)i;
		printf("outcome\t%u\t%s\t%s\t%s\n", reply_status(err),
		    reply_word(err), err_name(err), err_text(err));
	}
	return 0;
}
