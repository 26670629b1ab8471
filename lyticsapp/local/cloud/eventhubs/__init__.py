"""A local Azure Event Hubs: what the Azure SDK and REST callers meet in the cloud.

AMQP 1.0, AMQP over WebSockets and HTTP on one port, told apart by the first bytes;
events live in bounded memory. Nothing here knows Django.

https://learn.microsoft.com/azure/event-hubs/event-hubs-features
https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
"""
