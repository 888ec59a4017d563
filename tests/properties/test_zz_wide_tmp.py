import asyncio, time, tempfile
from pathlib import Path
from random import Random
from storage.postgres.transaction import PostgresStorage
from tests.properties.test_posting_books import *
def test_wide(addresses, tmp_path):
    async def run():
        storage = PostgresStorage(addresses.app); await storage.open()
        end=time.time()+100; n=0; bad=[]
        for seed in range(5000,9000):
            if time.time()>end: break
            chance=Random(seed); told=list(stories(chance, chance.randint(1,40)))
            a=await opened(addresses,storage,tmp_path,told); b=await opened(addresses,storage,tmp_path,told)
            s=Sending(a,told,chance,chance.randint(1,8))
            try:
                await post_all(a,s.files); await post_all(b, chance.sample(s.files,len(s.files)))
                await assert_as_told(a,told,s); await assert_as_told(b,told,s)
            except AssertionError as e:
                bad.append((seed,str(e)[:600]))
            n+=1
        print("ran",n,"bad",len(bad)); 
        for x in bad[:5]: print(x)
        await storage.close()
        assert not bad
    asyncio.run(run())
