"""A sealer anybody can see through."""


class ToySealer:
    def seal(self, text: str) -> str:
        return "sealed:" + text[::-1]

    def unseal(self, text: str) -> str:
        assert text.startswith("sealed:"), "a clear text was to be unsealed"
        return text.removeprefix("sealed:")[::-1]
