# draws 3 x 6 small pictures: no photo, so no licence
import random, os
from PIL import Image, ImageDraw
random.seed(5)
for name,base in [("discs",(200,60,40)),("bars",(40,120,200)),("dots",(80,170,60))]:
    os.makedirs(f"photos/{name}",exist_ok=True)
    for i in range(6):
        im=Image.new("RGB",(56+4*i,48),tuple(random.randrange(40) for _ in range(3)))
        d=ImageDraw.Draw(im)
        for _ in range(6):
            x,y,r=random.randrange(60),random.randrange(48),random.randrange(3,14)
            c=tuple(min(255,max(0,b+random.randrange(-30,30))) for b in base)
            if name=="discs": d.ellipse((x-r,y-r,x+r,y+r),fill=c)
            elif name=="bars": d.rectangle((x-r,y-2,x+r,y+2),fill=c)
            else:
                for k in range(5): d.point((x+k*2,y+k),fill=c)
        im.save(f"photos/{name}/{i}.png" if i%3 else f"photos/{name}/{i}.jpg")
