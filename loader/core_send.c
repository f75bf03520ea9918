#include "loader.h"
void core_send(struct loader *loader)
{
    (void)loader;
}
