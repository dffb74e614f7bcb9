#ifndef DDNSGATECTL_UPDATE_TXT_H
#define DDNSGATECTL_UPDATE_TXT_H

/* "update --txt": a TXT record for a certificate, as a request would set it. */

#include "ctl.h"

enum ctl_exit
update_txt_run(const struct ctl *ctl, const struct site_client *client);

#endif
