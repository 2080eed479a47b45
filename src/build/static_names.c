/* Names of hosts in the statically linked binary.
 *
 * The C library has its own reader of /etc/hosts and its own DNS client in it. What it would do besides, where
 * /etc/nsswitch.conf of the machine names more services (mymachines, resolve, winbind, ...), is to load their libraries:
 * built for the machine's C library, which is not the one of this binary. So before anything else runs it is told to look
 * names up with what it has in itself, and the file is not asked. systemd-resolved answers DNS on 127.0.0.53 as well,
 * which is what /etc/resolv.conf says where it runs.
 */
#include <nss.h>

__attribute__((constructor)) static void look_names_up_without_libraries(void)
{
    (void)__nss_configure_lookup("hosts", "files dns");
}
