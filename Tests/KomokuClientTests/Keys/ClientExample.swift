import Komoku
import KomokuClient
import KomokuEmbedding
import KomokuStandalone
import KomokuWire

// What the documentation of KomokuClient shows; a test compares it, and runs it.

func useAHub(at address: HubAddress) async throws {
    // example: client
    let hub = Client(address)
    try await hub.put("kitchen.temperature", 21.5)
    let now = try await hub.get("kitchen.temperature")

    // Names with a common beginning.
    let lamp = hub.scope("kitchen.lamp")
    try await lamp.put("power", true)
    try await lamp.put(".hall.lux", 12)

    // Watched once it was asked for, then answered from memory.
    let lux = lamp.value(of: ".hall.lux")
    let isDark = (try await lux.get()?.number ?? 0) < 40

    for await event in try await hub.watch("kitchen.**", initial: true) {
        guard case .item(let change) = event else { continue }
        print("\(change.key) is \(change.value.text)")
        if change.key == "kitchen.lamp.power" { break }
    }
    let day = try await hub.statistics(of: "kitchen.temperature", step: "1d")
    await hub.close()
    // end
    precondition(now == 21.5 && isDark && !day.windows.isEmpty)
}

func useNoHub(at path: String) async throws {
    // example: standalone
    let hub = try StandaloneHub(path: path)
    try await hub.define("meter.energy", type: .counter, options: [JSON.Member("unit", "kWh")])
    try await hub.put([PutPoint("meter.energy", 1000), PutPoint("meter.energy", 1000.5)])
    let newest = try await hub.last("meter.energy")

    // Others may come in by the usual protocols.
    let server = EmbeddedServer(of: hub, port: 0)
    let port = try await server.start()
    print("http://127.0.0.1:\(port)/")
    await server.stop()
    hub.close()
    // end
    precondition(newest?.value == 1000.5)
}
