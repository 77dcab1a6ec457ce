"""The shared record of deaths, the reviews they need, and the organisation that leads each one."""
